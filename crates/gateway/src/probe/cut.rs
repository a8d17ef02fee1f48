//! What a store makes of uploads that are cut short: what does not verify must not replace what is there.

use http::{HeaderName, HeaderValue, Method};
use s3::checksum::Algorithm;
use sigv4::Payload;
use sigv4::chunked::encode::{CRLF, Encoder, unsigned_line};

use super::ProbeError;
use super::questions::{Asking, crc32};
use super::talk::{Ask, part_query};

impl Asking<'_> {
    /// What becomes of uploads that are cut short: plain ones, and where they are taken, framed ones.
    pub(super) async fn short_uploads(&mut self) -> Result<(), ProbeError> {
        let key = self.key("short");
        let object = Slot { key, query: String::new() };
        let objects = self.stays(&object, false).await?;
        self.report.capability("discards_short_objects", objects.is_ok(), told(&objects));
        // Of another key: Garage drops an upload when an object of its key is written.
        let key = self.key("short-in-parts");
        let upload = self.begin(&key).await?;
        let part = upload.map(|id| Slot { key, query: part_query(&id) });
        let parts = match &part {
            Some(part) => self.stays(part, false).await?,
            None => Err("not found out, for nothing can be uploaded in parts".to_owned()),
        };
        self.report.capability("discards_short_parts", parts.is_ok(), told(&parts));
        let trailers = ("trailers", true);
        let Some(at) = self.report.capabilities.iter().position(|known| *known == trailers) else {
            return Ok(());
        };
        let framed = self.stays(&object, true).await?;
        let framed_parts = match &part {
            Some(part) => self.stays(part, true).await?,
            None => parts.clone(),
        };
        let says = format!("{}; in parts: {}", told(&framed), told(&framed_parts));
        self.report.row("framed and cut short", says);
        // Only where plain ones are not trusted either is it no matter.
        let fine = |framed: &Stays, plain: &Stays| framed.is_ok() || plain.is_err();
        if !fine(&framed, &objects) || !fine(&framed_parts, &parts) {
            self.report.capabilities.remove(at);
            self.report.capabilities.insert(at, ("trailers", false));
        }
        Ok(())
    }

    /// Whether what was there stays when a body comes a byte short.
    async fn stays(&mut self, slot: &Slot, framed: bool) -> Result<Stays, ProbeError> {
        let body = vec![b'n'; 300_000];
        let written = self.ask(Method::PUT, &slot.key, &slot.query, &[], b"old").await?;
        self.keys.push(slot.key.clone());
        // The same body whole, elsewhere: a store that refuses all of its kind discards none.
        let beside = slot.beside();
        let whole = self.send(&beside, &body, framed, false).await?;
        self.keys.push(beside.key);
        let before = self.now(slot).await?;
        let refused = |status: Option<u16>| {
            let status = status.map_or("no answer".to_owned(), |status| status.to_string());
            Err(format!("not found out: {status}"))
        };
        if !written.is_success() || before.is_none() || !matches!(whole, Some(200..300)) {
            return Ok(refused(whole));
        }
        let status = self.send(slot, &body, framed, true).await?;
        Ok(match status {
            _ if self.now(slot).await? != before => Err("KEPT what came".to_owned()),
            // What has nothing to do with the missing byte says nothing of it: the same body was taken whole.
            Some(200..=399 | 401 | 403 | 429 | 503) => refused(status),
            None | Some(_) => Ok(()),
        })
    }

    /// What tells the content of a slot from another.
    async fn now(&self, slot: &Slot) -> Result<Option<String>, ProbeError> {
        let (answer, found) = match slot.query.split_once('&') {
            None => {
                let answer = self.get(&slot.key).await?;
                let found = Some(answer.text());
                (answer, found)
            }
            Some((_, upload)) => {
                let answer = self.ask(Method::GET, &slot.key, upload, &[], b"").await?;
                // Time and size, too: not every store lists ETags.
                let text = answer.text();
                let parts = text.split("<Part>").filter_map(|part| part.split("</Part>").next());
                let first = |part: &&str| part.contains("<PartNumber>1</PartNumber>");
                let found = parts.skip(1).find(first).map(str::to_owned);
                (answer, found)
            }
        };
        Ok(found.filter(|found| answer.is_success() && !found.is_empty()))
    }

    /// Sends a body, framed or not, whole or a byte short of its end, and gives the status.
    async fn send(
        &self,
        slot: &Slot,
        body: &[u8],
        framed: bool,
        cut: bool,
    ) -> Result<Option<u16>, ProbeError> {
        let (name, length) = (Algorithm::Crc32.header_name(), body.len().to_string());
        let announced = [("x-amz-decoded-content-length", &*length), ("x-amz-trailer", name)];
        let (headers, payload, wire): (&[_], _, _) = if framed {
            (&announced, Payload::StreamingUnsignedTrailer, in_two_chunks(body)?)
        } else {
            (&[], Payload::Unsigned, body.to_vec())
        };
        let ask = Ask {
            method: Method::PUT,
            key: &slot.key,
            query: &slot.query,
            headers,
            payload,
            body: wire.into(),
            addressing: self.talk.store.addressing,
        };
        if cut {
            return self.talk.cut(ask).await;
        }
        Ok(Some(self.talk.ask(ask).await?.status))
    }
}

/// Where a body goes: an object, or a part of an upload.
struct Slot {
    key: String,
    query: String,
}

impl Slot {
    /// Another object, or another part of the same upload.
    fn beside(&self) -> Self {
        let key =
            if self.query.is_empty() { format!("{}-whole", self.key) } else { self.key.clone() };
        Self { key, query: self.query.replace("partNumber=1&", "partNumber=2&") }
    }
}

/// That what was there stays, or what else became of it.
type Stays = Result<(), String>;

fn told(stays: &Stays) -> &str {
    match stays {
        Ok(()) => "what was there stays",
        Err(why) => why,
    }
}

/// As longer bodies are framed.
fn in_two_chunks(body: &[u8]) -> Result<Vec<u8>, ProbeError> {
    let (one, two) = body.split_at(body.len() / 2);
    let value = HeaderValue::from_str(&crc32(body)).map_err(|_| ProbeError::Request)?;
    let name = HeaderName::from_static(Algorithm::Crc32.header_name());
    let end = Encoder::unsigned_trailer().finish(&[(name, value)]);
    let (first, next) = (unsigned_line(one.len() as u64), unsigned_line(two.len() as u64));
    Ok([&first, one, &CRLF, &next, two, &CRLF, &end].concat())
}
