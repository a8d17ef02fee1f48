//! What a store makes of what CompleteMultipartUpload says of the whole object.

use http::Method;
use s3::OperationKind;
use s3::checksum::{Algorithm, OBJECT_SIZE};

use super::ProbeError;
use super::questions::{Asking, crc32};
use super::talk::{Answer, part_query};
use crate::config::IgnoredHeader;

const PART: &[u8] = b"three";

/// The algorithm that all stores know which know checksums.
const CRC32: Algorithm = Algorithm::Crc32;

impl Asking<'_> {
    /// Something wrong: is the object made all the same? The upload is one that its client begins with a checksum of
    /// the whole object in mind, where the store takes that.
    pub(super) async fn whole_objects(&mut self) -> Result<(), ProbeError> {
        let (right, wrong) = (crc32(PART), crc32(b"other"));
        let size = PART.len().to_string();
        let said = [(CRC32.header_name(), &*right), (OBJECT_SIZE, &*size)];
        let Some(control) = self.completed(&said).await? else { return Ok(()) };
        let control = Some(control).filter(|answer| !is_made(answer));
        let said = [(CRC32.header_name(), &*wrong)];
        let Some(answer) = self.completed(&said).await? else { return Ok(()) };
        if let Some(ignored) = self.wrong_is(CRC32.header_name(), control.as_ref(), &answer) {
            let kind = OperationKind::CompleteMultipartUpload;
            for algorithm in Algorithm::ALL {
                self.report.settle(IgnoredHeader::known(kind, algorithm.header_name()), ignored);
            }
        }
        let Some(answer) = self.completed(&[(OBJECT_SIZE, "4321")]).await? else { return Ok(()) };
        if let Some(ignored) = self.wrong_is(OBJECT_SIZE, control.as_ref(), &answer) {
            let says = if ignored { "not compared" } else { "compared" };
            self.report.capability("object_size", !ignored, says);
        }
        Ok(())
    }

    async fn completed(
        &mut self,
        headers: &[(&'static str, &str)],
    ) -> Result<Option<Answer>, ProbeError> {
        let (key, right) = (self.key("whole"), crc32(PART));
        let begun = [
            ("x-amz-checksum-algorithm", CRC32.sdk_name()),
            ("x-amz-checksum-type", "FULL_OBJECT"),
        ];
        let Some(id) = self.begin_with(&key, &begun).await? else { return Ok(None) };
        let checksum = [(CRC32.header_name(), &*right)];
        let answer = self.ask(Method::PUT, &key, &part_query(&id), &checksum, PART).await?;
        let etag = answer.header("etag").unwrap_or_default();
        let name = CRC32.element_name();
        let part = format!("<ETag>{etag}</ETag><{name}>{right}</{name}>");
        self.complete_with(&key, &id, &part, headers).await.map(Some)
    }

    /// What becomes of something wrong; None: what is right is refused as well (`control`).
    fn wrong_is(
        &mut self,
        header: &'static str,
        control: Option<&Answer>,
        answer: &Answer,
    ) -> Option<bool> {
        let (ignored, says) = match (is_made(answer), control) {
            (true, _) => (Some(true), "IGNORED".to_owned()),
            (false, None) => (Some(false), format!("refused: {}", answer.shown())),
            (false, Some(control)) => {
                (None, format!("not found out: refused when it is right, too: {}", control.shown()))
            }
        };
        let kind = OperationKind::CompleteMultipartUpload;
        self.report.row(format!("{}:{header}", kind.name()), says);
        ignored
    }
}

/// An error may be in a 200 that was begun before the store knew.
fn is_made(answer: &Answer) -> bool {
    answer.is_success() && answer.element("Code").is_none()
}
