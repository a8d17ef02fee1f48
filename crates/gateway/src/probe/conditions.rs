//! What a store makes of conditions.

use http::Method;
use s3::OperationKind;

use super::ProbeError;
use super::questions::Asking;
use super::talk::{Answer, encoded, part_query, upload_query};
use crate::config::IgnoredHeader;

/// An ETag that no object has.
const WRONG: &str = "\"00000000000000000000000000000000\"";

/// When no object was made.
const LONG_AGO: &str = "Thu, 01 Jan 2015 00:00:00 GMT";

impl Asking<'_> {
    /// A store that looks at the quotes, at the bare ETag, or at neither.
    pub(super) async fn if_match(&mut self) -> Result<(), ProbeError> {
        let key = self.key("if-match");
        let written = self.put(&key, b"one", &[]).await?;
        let etag = written.header("etag").unwrap_or_default().trim_matches('"').to_owned();
        let quoted = self.put(&key, b"one", &[("if-match", &format!("\"{etag}\""))]).await?;
        let bare = self.put(&key, b"one", &[("if-match", &etag)]).await?;
        let says = match (quoted.is_success(), bare.is_success()) {
            (true, _) => "as it is".to_owned(),
            (false, true) => format!("only without quotes (with them: {})", quoted.shown()),
            (false, false) => format!("refused: {}", quoted.shown()),
        };
        let fine = quoted.is_success() || !bare.is_success();
        self.report.capability("quoted_if_match", fine, says);
        Ok(())
    }

    /// A condition that does not hold: what a store makes of it. `control`: what it makes of the same without a
    /// condition. None: not found out.
    fn condition(
        &mut self,
        kind: OperationKind,
        header: &'static str,
        control: Option<&Answer>,
        answer: &Answer,
    ) -> Option<bool> {
        let (ignored, says) = if answer.is_success() {
            (Some(true), "IGNORED".to_owned())
        } else if let Some(control) = control.filter(|control| !control.is_success()) {
            (None, format!("not found out: refused without it, too: {}", control.shown()))
        } else if matches!(answer.status, 409 | 412) {
            (Some(false), "honoured".to_owned())
        } else if answer.status == 429 || (answer.status >= 500 && answer.status != 501) {
            (None, format!("not found out: {}", answer.shown()))
        } else {
            // Whatever it is, the write did not happen.
            (Some(false), format!("refused: {}", answer.shown()))
        };
        self.report.row(format!("{}:{header}", kind.name()), says);
        ignored
    }

    fn condition_of_write(
        &mut self,
        kind: OperationKind,
        header: &'static str,
        control: Option<&Answer>,
        answer: &Answer,
    ) {
        if let Some(ignored) = self.condition(kind, header, control, answer) {
            self.report.settle(IgnoredHeader::known(kind, header), ignored);
        }
    }

    /// Conditions that AWS has on what others do not.
    async fn conditions_of_removals(&mut self, key: &str) -> Result<(), ProbeError> {
        for (header, value) in [
            ("if-match", WRONG),
            ("x-amz-if-match-size", "4321"),
            ("x-amz-if-match-last-modified-time", LONG_AGO),
        ] {
            self.put(key, b"one", &[]).await?;
            let answer = self.ask(Method::DELETE, key, "", &[(header, value)], b"").await?;
            self.condition_of_write(OperationKind::DeleteObject, header, None, &answer);
        }
        let Some(id) = self.begin(key).await? else { return Ok(()) };
        let header = "x-amz-if-match-initiated-time";
        let query = upload_query(&id);
        let answer = self.ask(Method::DELETE, key, &query, &[(header, LONG_AGO)], b"").await?;
        self.condition_of_write(OperationKind::AbortMultipartUpload, header, None, &answer);
        Ok(())
    }

    pub(super) async fn conditions_of_writes(&mut self) -> Result<(), ProbeError> {
        let key = self.key("conditions");
        let control = match self.begin(&key).await? {
            None => None,
            Some(id) => {
                let etag = self.part(&key, &id, b"three").await?;
                Some(self.complete(&key, &id, &etag, &[]).await?)
            }
        };
        self.put(&key, b"one", &[]).await?;
        for (header, value) in [("if-none-match", "*"), ("if-match", WRONG)] {
            let answer = self.put(&key, b"two", &[(header, value)]).await?;
            self.condition_of_write(OperationKind::PutObject, header, None, &answer);
            let Some(id) = self.begin(&key).await? else { continue };
            let etag = self.part(&key, &id, b"three").await?;
            let answer = self.complete(&key, &id, &etag, &[(header, value)]).await?;
            let kind = OperationKind::CompleteMultipartUpload;
            self.condition_of_write(kind, header, control.as_ref(), &answer);
        }
        self.conditions_of_removals(&key).await
    }

    pub(super) async fn conditions_of_copies(&mut self) -> Result<(), ProbeError> {
        let (source, target) = (self.key("source"), self.key("copied"));
        let put = self.put(&source, b"one", &[]).await?;
        let etag = put.header("etag").unwrap_or_default().to_owned();
        let from = format!("/{}/{}", self.talk.bucket, encoded(&source));
        let head = self.ask(Method::HEAD, &source, "", &[], b"").await?;
        let written = head.header("last-modified").unwrap_or_default();
        let plain = [("x-amz-copy-source", &*from)];
        let copied = self.put(&target, b"", &plain).await?;
        let part = match self.begin(&target).await? {
            None => None,
            Some(id) => Some(self.ask(Method::PUT, &target, &part_query(&id), &plain, b"").await?),
        };
        let mut ignored = false;
        for (header, value) in [
            ("x-amz-copy-source-if-match", WRONG),
            ("x-amz-copy-source-if-none-match", &*etag),
            ("x-amz-copy-source-if-unmodified-since", LONG_AGO),
            ("x-amz-copy-source-if-modified-since", written),
        ] {
            let headers = [plain[0], (header, value)];
            let answer = self.put(&target, b"", &headers).await?;
            let says = self.condition(OperationKind::CopyObject, header, Some(&copied), &answer);
            ignored |= says == Some(true);
            let Some(id) = self.begin(&target).await? else { continue };
            let query = part_query(&id);
            let answer = self.ask(Method::PUT, &target, &query, &headers, b"").await?;
            let kind = OperationKind::UploadPartCopy;
            ignored |= self.condition(kind, header, part.as_ref(), &answer) == Some(true);
        }
        for (header, value) in [("if-match", WRONG), ("if-none-match", "*")] {
            self.put(&target, b"one", &[]).await?;
            let answer = self.put(&target, b"", &[plain[0], (header, value)]).await?;
            self.condition_of_write(OperationKind::CopyObject, header, Some(&copied), &answer);
        }
        let says = if ignored { "not all honoured" } else { "none ignored" };
        self.report.capability("copy_source_conditions", !ignored, says);
        Ok(())
    }
}
