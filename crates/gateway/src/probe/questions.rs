//! What is asked, and what the answers mean.

use aws_lc_rs::digest;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use s3::OperationKind;
use s3::checksum::{Algorithm, Hasher};
use sigv4::Payload;
use sigv4::chunked::encode::{CRLF, Encoder, unsigned_line};

use super::talk::{Answer, Ask, Talk, encoded, part_query, upload_query};
use super::{ProbeError, Report};
use crate::config::{Addressing, IgnoredHeader};

/// A key and its MD5 for encryption with keys of the client (SSE-C), in base64.
const SSE_C: [(&str, &str); 3] = [
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ("x-amz-server-side-encryption-customer-key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
    ("x-amz-server-side-encryption-customer-key-md5", "KYvwGXoFFJ42a2u2GDWhwQ=="),
];

/// The operations that make objects.
const WRITES: [OperationKind; 5] = [
    OperationKind::PutObject,
    OperationKind::CopyObject,
    OperationKind::CreateMultipartUpload,
    OperationKind::UploadPart,
    OperationKind::UploadPartCopy,
];

/// The questions, with what is to be deleted afterwards.
pub(super) struct Asking<'a> {
    pub(super) talk: &'a Talk<'a>,
    pub(super) prefix: String,
    pub(super) report: Report,
    pub(super) keys: Vec<String>,
    uploads: Vec<(String, String)>,
}

fn hash(body: &[u8]) -> Payload {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest::digest(&digest::SHA256, body).as_ref());
    Payload::Hash(sum)
}

pub(super) fn crc32(body: &[u8]) -> String {
    let mut hasher = Hasher::new(Algorithm::Crc32);
    hasher.update(body);
    hasher.finish().to_base64()
}

impl<'a> Asking<'a> {
    pub(super) fn new(talk: &'a Talk<'a>, prefix: String) -> Self {
        let (report, keys, uploads) = (Report::default(), Vec::new(), Vec::new());
        Self { talk, prefix, report, keys, uploads }
    }

    /// Asks everything.
    pub(super) async fn all(&mut self) -> Result<(), ProbeError> {
        let key = self.key("plain");
        let written = self.put(&key, b"plain", &[]).await?;
        if !written.is_success() {
            return Err(ProbeError::Refused { what: "writing", says: written.shown() });
        }
        let read = self.get(&key).await?;
        if read.body != "plain" {
            return Err(ProbeError::Refused { what: "reading", says: read.shown() });
        }
        self.checksum_headers().await?;
        self.trailers().await?;
        self.short_uploads().await?;
        self.if_match().await?;
        self.bucket_owner().await?;
        self.signed_chunks().await?;
        self.listings().await?;
        self.object_tags().await?;
        self.conditions_of_writes().await?;
        self.conditions_of_copies().await?;
        self.whole_objects().await?;
        self.promises().await?;
        self.locks().await?;
        self.versions().await?;
        self.key_rules().await?;
        self.virtual_hosts().await
    }

    /// Deletes what was made, and gives what was found out.
    pub(super) async fn clean_up(mut self) -> Report {
        for (key, id) in std::mem::take(&mut self.uploads) {
            let query = upload_query(&id);
            // Most of them are completed.
            let _ = self.ask(Method::DELETE, &key, &query, &[], b"").await;
        }
        let mut keys = std::mem::take(&mut self.keys);
        keys.sort();
        keys.dedup();
        for key in keys.into_iter().rev() {
            let deleted = self.ask(Method::DELETE, &key, "", &[], b"").await;
            if !deleted.is_ok_and(|answer| answer.is_success() || answer.status == 404) {
                self.report.left.push(format!("the object `{key}`"));
            }
        }
        self.report
    }

    /// A key of this run.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        key: &str,
        query: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Result<Answer, ProbeError> {
        let (payload, body) = (hash(body), Bytes::copy_from_slice(body));
        let addressing = self.talk.store.addressing;
        self.talk.ask(Ask { method, key, query, headers, payload, body, addressing }).await
    }

    pub(super) async fn put(
        &mut self,
        key: &str,
        body: &[u8],
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, ProbeError> {
        self.keys.push(key.to_owned());
        let answer = self.ask(Method::PUT, key, "", headers, body).await?;
        if answer.status / 100 == 4 {
            // Refused: there is nothing of it, and some stores cannot even delete such a key.
            self.keys.pop();
        }
        Ok(answer)
    }

    pub(super) async fn get(&self, key: &str) -> Result<Answer, ProbeError> {
        self.ask(Method::GET, key, "", &[], b"").await
    }

    async fn checksum_headers(&mut self) -> Result<(), ProbeError> {
        let (key, right, wrong) = (self.key("checksum"), crc32(b"abc"), crc32(b"other"));
        let name = Algorithm::Crc32.header_name();
        let taken = self.put(&key, b"abc", &[(name, &right)]).await?;
        let refused = self.put(&self.key("checksum-wrong"), b"abc", &[(name, &wrong)]).await?;
        let head = self.ask(Method::HEAD, &key, "", &[("x-amz-checksum-mode", "ENABLED")], b"");
        let kept = head.await?.header(name) == Some(&*right);
        let says = match (taken.is_success(), !refused.is_success(), kept) {
            (false, ..) => format!("refused: {}", taken.shown()),
            (true, true, true) => "taken, verified and kept".to_owned(),
            (true, true, false) => "taken and verified, not kept".to_owned(),
            (true, false, true) => "taken and kept, not verified".to_owned(),
            (true, false, false) => "taken, neither verified nor kept".to_owned(),
        };
        self.report.capability("checksum_headers", taken.is_success(), says);
        Ok(())
    }

    /// An upload in `aws-chunked` with this payload and trailer.
    async fn put_with_trailer(
        &mut self,
        key: &str,
        body: &[u8],
        value: &str,
    ) -> Result<Answer, ProbeError> {
        let name = Algorithm::Crc32.header_name();
        let trailer = HeaderValue::from_str(value).map_err(|_| ProbeError::Request)?;
        let end = Encoder::unsigned_trailer().finish(&[(HeaderName::from_static(name), trailer)]);
        let line = unsigned_line(body.len() as u64);
        let wire = [&line, body, &CRLF, &end].concat();
        let length = body.len().to_string();
        let headers = [("x-amz-decoded-content-length", &*length), ("x-amz-trailer", name)];
        self.keys.push(key.to_owned());
        let ask = Ask {
            method: Method::PUT,
            key,
            query: "",
            headers: &headers,
            payload: Payload::StreamingUnsignedTrailer,
            body: wire.into(),
            addressing: self.talk.store.addressing,
        };
        self.talk.ask(ask).await
    }

    async fn trailers(&mut self) -> Result<(), ProbeError> {
        let (right, wrong) = (self.key("trailer"), self.key("trailer-wrong"));
        let taken = self.put_with_trailer(&right, b"abc", &crc32(b"abc")).await?;
        let refused = self.put_with_trailer(&wrong, b"abc", &crc32(b"other")).await?;
        let read = self.get(&right).await?;
        let framed = read.header("content-encoding").is_some_and(|e| e.contains("aws-chunked"));
        let (has, says) = match (taken.is_success(), read.body == "abc", framed) {
            (false, ..) => (false, format!("refused: {}", taken.shown())),
            (true, false, _) => (false, "taken with their framing for the object".to_owned()),
            (true, true, true) => {
                (false, "taken, but `aws-chunked` stays on the object".to_owned())
            }
            (true, true, false) if refused.is_success() => {
                (true, "taken, a wrong one as well".to_owned())
            }
            (true, true, false) => (true, "taken and verified".to_owned()),
        };
        self.report.capability("trailers", has, says);
        Ok(())
    }

    async fn signed_chunks(&mut self) -> Result<(), ProbeError> {
        let key = self.key("signed-chunks");
        self.keys.push(key.clone());
        let taken = self.talk.put_signed_chunk(&key, b"abc").await?;
        let read = self.get(&key).await?;
        let framed = read.header("content-encoding").is_some_and(|e| e.contains("aws-chunked"));
        let says = match (taken.is_success(), read.body == "abc", framed) {
            (false, ..) => format!("refused: {}", taken.shown()),
            (true, false, _) => "taken with their framing for the object".to_owned(),
            (true, true, true) => "taken, and `aws-chunked` stays on the object".to_owned(),
            (true, true, false) => "taken".to_owned(),
        };
        self.report.row("signed chunks", format!("{says} (never sent to a store)"));
        Ok(())
    }

    async fn listings(&mut self) -> Result<(), ProbeError> {
        let query = |more: &str| format!("{more}prefix={}", encoded(&self.prefix));
        let listed = self.ask(Method::GET, "", &query("list-type=2&"), &[], b"").await?;
        let (has, says) = match (listed.is_success(), listed.element("KeyCount")) {
            (false, _) => (false, format!("refused: {}", listed.shown())),
            (true, Some(_)) => (true, "answered".to_owned()),
            (true, None) => (false, "answered as a ListObjects".to_owned()),
        };
        self.report.capability("list_objects_v2", has, says);
        let (key, prefix) = (self.key("a+b"), self.key("a"));
        self.put(&key, b"plus", &[]).await?;
        let query = format!("encoding-type=url&prefix={}", encoded(&prefix));
        let listed = self.ask(Method::GET, "", &query, &[], b"").await?;
        let (has, says) = match (listed.is_success(), listed.element("Key")) {
            (false, _) => (false, format!("refused: {}", listed.shown())),
            (true, Some(name)) if name.ends_with("a%2Bb") => (true, "encoded".to_owned()),
            (true, Some(_)) => (false, "NOT ENCODED".to_owned()),
            (true, None) => (false, "it is not listed".to_owned()),
        };
        self.report.capability("encoded_listings", has, says);
        Ok(())
    }

    async fn object_tags(&mut self) -> Result<(), ProbeError> {
        let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
        let md5 = s3::checksum::ContentMd5::of(tags.as_bytes()).to_base64();
        let key = self.key("plain");
        let headers = [("content-md5", &*md5)];
        let written = self.ask(Method::PUT, &key, "tagging=", &headers, tags.as_bytes()).await?;
        let read = self.ask(Method::GET, &key, "tagging=", &[], b"").await?;
        let kept = read.element("Value").as_deref() == Some("b");
        let says = match (written.is_success(), kept) {
            (false, _) => format!("refused: {}", written.shown()),
            (true, true) => "kept".to_owned(),
            (true, false) => format!("taken, and LOST: {}", read.shown()),
        };
        self.report.capability("object_tags", kept, says);
        Ok(())
    }

    /// Headers that ask for something to be kept with the object: is it?
    async fn promises(&mut self) -> Result<(), ProbeError> {
        let key = self.key("encrypted");
        let answer = self.put(&key, b"one", &SSE_C).await?;
        // What is encrypted with the client's key cannot be read without it.
        let without = self.get(&key).await?;
        let lost = answer.is_success() && without.status != 400;
        self.promise(SSE_C[0].0, &answer, lost);
        self.own_keys().await?;
        let key = self.key("tagged");
        let answer = self.put(&key, b"one", &[("x-amz-tagging", "a=b")]).await?;
        let tags = self.ask(Method::GET, &key, "tagging=", &[], b"").await?;
        let lost = answer.is_success() && tags.element("Value").as_deref() != Some("b");
        self.promise("x-amz-tagging", &answer, lost);
        self.copied_tags(&key).await?;
        // Not to be found out without making a bucket, and AWS's alone.
        let namespace = IgnoredHeader::known(OperationKind::CreateBucket, "x-amz-bucket-namespace");
        self.report.ignored_headers.push(namespace);
        Ok(())
    }

    /// Whether a copy has the tags of its source, `key`, when it has other metadata.
    async fn copied_tags(&mut self, key: &str) -> Result<(), ProbeError> {
        let tagged = async |asking: &Self, key: &str| {
            let tags = asking.ask(Method::GET, key, "tagging=", &[], b"").await?;
            Ok::<_, ProbeError>(tags.element("Value").as_deref() == Some("b"))
        };
        if !tagged(self, key).await? {
            return Ok(());
        }
        let (from, target) =
            (format!("/{}/{}", self.talk.bucket, encoded(key)), self.key("retagged"));
        let headers = [("x-amz-copy-source", &*from), ("x-amz-metadata-directive", "REPLACE")];
        let copied = self.put(&target, b"", &headers).await?;
        let kept = !copied.is_success() || tagged(self, &target).await?;
        let says = match (copied.is_success(), kept) {
            (false, _) => format!("refused: {}", copied.shown()),
            (true, true) => "kept by a copy with other metadata".to_owned(),
            (true, false) => "LOST by a copy with other metadata".to_owned(),
        };
        self.report.capability("copied_tags", kept, says);
        Ok(())
    }

    /// A lock that can be taken off again: the bucket has none, so that a store with locks refuses it.
    async fn locks(&mut self) -> Result<(), ProbeError> {
        const HOLD: &str = "x-amz-object-lock-legal-hold";
        let key = self.key("held");
        let answer = self.put(&key, b"one", &[(HOLD, "ON")]).await?;
        let head = self.ask(Method::HEAD, &key, "", &[], b"").await?;
        let held = head.header(HOLD).is_some();
        let lost = answer.is_success() && !held;
        if held {
            let off = "<LegalHold><Status>OFF</Status></LegalHold>";
            let md5 = s3::checksum::ContentMd5::of(off.as_bytes()).to_base64();
            let headers = [("content-md5", &*md5)];
            self.ask(Method::PUT, &key, "legal-hold=", &headers, off.as_bytes()).await?;
        }
        self.promise(HOLD, &answer, lost);
        // Whoever does not know the one lock does not know the other, nor buckets with locks.
        if lost {
            self.settle("x-amz-object-lock-mode", true);
            let bucket = "x-amz-bucket-object-lock-enabled";
            self.report.settle(IgnoredHeader::known(OperationKind::CreateBucket, bucket), true);
        }
        Ok(())
    }

    /// A version that no object has.
    async fn versions(&mut self) -> Result<(), ProbeError> {
        let read =
            self.ask(Method::GET, &self.key("plain"), "versionId=fakes3pp", &[], b"").await?;
        let says = if read.is_success() { "any one IS READ AS the object" } else { "looked for" };
        self.report.capability("versions", !read.is_success(), says);
        Ok(())
    }

    /// Encryption with keys of the store, or of its KMS.
    async fn own_keys(&mut self) -> Result<(), ProbeError> {
        let name = "x-amz-server-side-encryption";
        let key = self.key("encrypted");
        let own = self.put(&key, b"one", &[(name, "AES256")]).await?;
        let kms = self.put(&key, b"one", &[(name, "aws:kms")]).await?;
        let lost = |answer: &Answer| answer.is_success() && answer.header(name).is_none();
        if lost(&own) && lost(&kms) {
            self.promise(name, &own, true);
        } else {
            self.promise("x-amz-server-side-encryption=AES256", &own, lost(&own));
            self.promise("x-amz-server-side-encryption=aws:kms", &kms, lost(&kms));
            self.settle(name, false);
        }
        Ok(())
    }

    /// What it does not do for one kind of write it does for none; what it does for one it may not do for another.
    fn settle(&mut self, header: &'static str, ignored: bool) {
        for kind in WRITES {
            let known = IgnoredHeader::known(kind, header);
            // The store's own keys are chosen when an upload begins; each part has the client's.
            let begun = kind == OperationKind::UploadPart && header != SSE_C[0].0;
            let asked = ignored || kind == OperationKind::PutObject;
            if kind.takes_header(known.name.as_str()) && !begun && asked {
                self.report.settle(known, ignored);
            }
        }
    }

    fn promise(&mut self, header: &'static str, answer: &Answer, lost: bool) {
        self.settle(header, lost);
        let says = if lost {
            "IGNORED".to_owned()
        } else if answer.is_success() {
            "honoured".to_owned()
        } else {
            format!("refused: {}", answer.shown())
        };
        self.report.row(format!("PutObject:{header}"), says);
    }

    pub(super) async fn begin(&mut self, key: &str) -> Result<Option<String>, ProbeError> {
        self.begin_with(key, &[]).await
    }

    pub(super) async fn begin_with(
        &mut self,
        key: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Option<String>, ProbeError> {
        let answer = self.ask(Method::POST, key, "uploads=", headers, b"").await?;
        let id = answer.element("UploadId").filter(|_| answer.is_success());
        match &id {
            Some(id) => {
                self.keys.push(key.to_owned());
                self.uploads.push((key.to_owned(), id.clone()));
            }
            None => {
                let says = if answer.is_success() {
                    "answered without an UploadId".to_owned()
                } else {
                    format!("refused: {}", answer.shown())
                };
                let row = ("multipart uploads".to_owned(), says);
                if !self.report.rows.contains(&row) {
                    self.report.rows.push(row);
                }
            }
        }
        Ok(id)
    }

    pub(super) async fn part(
        &self,
        key: &str,
        id: &str,
        body: &[u8],
    ) -> Result<String, ProbeError> {
        let query = part_query(id);
        let answer = self.ask(Method::PUT, key, &query, &[], body).await?;
        Ok(answer.header("etag").unwrap_or_default().to_owned())
    }

    pub(super) async fn complete(
        &self,
        key: &str,
        id: &str,
        etag: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, ProbeError> {
        self.complete_with(key, id, &format!("<ETag>{etag}</ETag>"), headers).await
    }

    pub(super) async fn complete_with(
        &self,
        key: &str,
        id: &str,
        part: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, ProbeError> {
        let document = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>{part}</Part>\
             </CompleteMultipartUpload>"
        );
        let query = upload_query(id);
        self.ask(Method::POST, key, &query, headers, document.as_bytes()).await
    }

    async fn virtual_hosts(&mut self) -> Result<(), ProbeError> {
        if self.talk.store.endpoint.ip().is_some() {
            self.report.row("virtual hosts", "not to be had below an IP address");
            return Ok(());
        }
        let key = self.key("plain");
        let mut says = Vec::new();
        for (addressing, name) in [(Addressing::Path, "path"), (Addressing::Virtual, "virtual")] {
            let ask = Ask {
                method: Method::GET,
                key: &key,
                query: "",
                headers: &[],
                payload: hash(b""),
                body: Bytes::new(),
                addressing,
            };
            if self.talk.ask(ask).await?.body == "plain" {
                says.push(format!("`addressing: {name}`"));
            }
        }
        self.report.row("addressing", says.join(" or "));
        Ok(())
    }
}
