//! `aws-chunked` bodies.

use super::{Payload, SignedRequest, hmac_sha256, sha256};
use crate::clock::amz_date;

pub(super) const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
pub(super) const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
pub(super) const SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

impl SignedRequest {
    /// Adds the headers that announce an `aws-chunked` body, unless the test brought its own.
    pub(super) fn describe_chunks(&self, headers: &mut Vec<(String, String)>) {
        let (Payload::UnsignedTrailer { trailers, .. } | Payload::Signed { trailers, .. }) =
            &self.payload
        else {
            return;
        };
        let mut announce = |name: &str, value: String| {
            if !headers.iter().any(|(have, _)| have.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value));
            }
        };
        announce("content-encoding", "aws-chunked".to_owned());
        announce("x-amz-decoded-content-length", self.body.len().to_string());
        if !trailers.is_empty() {
            let names: Vec<_> = trailers.iter().map(|(name, _)| name.as_str()).collect();
            announce("x-amz-trailer", names.join(","));
        }
    }

    /// The body as it is sent: whole, or a piece for each chunk.
    pub(super) fn pieces(&self, key: &[u8], seed: &str) -> Vec<Vec<u8>> {
        match &self.payload {
            Payload::UnsignedTrailer { chunk, trailers } => {
                let mut pieces: Vec<_> = self
                    .body
                    .chunks((*chunk).max(1))
                    .map(|data| framed(&format!("{:x}", data.len()), data))
                    .collect();
                pieces.push(format!("0\r\n{}\r\n", lines(trailers, "\r\n")).into_bytes());
                pieces
            }
            Payload::Signed { chunk, trailers } => self.signed_pieces(key, seed, *chunk, trailers),
            _ => vec![self.body.clone()],
        }
    }

    fn signed_pieces(
        &self,
        key: &[u8],
        seed: &str,
        chunk: usize,
        trailers: &[(String, String)],
    ) -> Vec<Vec<u8>> {
        let mut previous = seed.to_owned();
        let mut chain = |kind: &str, parts: &[&str]| {
            let date = amz_date(self.at);
            let scope = self.written_scope();
            let rest = parts.join("\n");
            let to_sign = format!("AWS4-HMAC-SHA256-{kind}\n{date}\n{scope}\n{previous}\n{rest}");
            previous = hex::encode(hmac_sha256(key, to_sign.as_bytes()));
            previous.clone()
        };
        let mut pieces = Vec::new();
        for data in self.body.chunks(chunk.max(1)).chain([&[][..]]) {
            let signature = chain("PAYLOAD", &[&sha256(b""), &sha256(data)]);
            let head = format!("{:x};chunk-signature={signature}", data.len());
            pieces.push(framed(&head, data));
        }
        if !trailers.is_empty() {
            let signature = chain("TRAILER", &[&sha256(lines(trailers, "\n").as_bytes())]);
            let last = pieces.pop().unwrap_or_default();
            // The final chunk has no data, so its own CRLF gives way to the trailers.
            let mut last = last[..last.len() - 2].to_vec();
            last.extend_from_slice(lines(trailers, "\r\n").as_bytes());
            last.extend_from_slice(
                format!("x-amz-trailer-signature:{signature}\r\n\r\n").as_bytes(),
            );
            pieces.push(last);
        }
        pieces
    }
}

fn framed(head: &str, data: &[u8]) -> Vec<u8> {
    [head.as_bytes(), b"\r\n", data, b"\r\n"].concat()
}

fn lines(trailers: &[(String, String)], end: &str) -> String {
    trailers.iter().map(|(name, value)| format!("{name}:{value}{end}")).collect()
}
