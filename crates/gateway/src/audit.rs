//! The access log: one line a request, written when its answer has ended.
//!
//! Every field is typed, bounded and free of secrets by construction: the query string, header
//! values and tokens have no field here (A51).

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::denial::Denied;

/// Lines that may wait for the writer. At about 1 KiB a line this bounds the queue to 8 MiB.
const QUEUE: usize = 8192;

/// What one request was, who sent it, what was decided, and how it ended.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Record {
    /// When the request's head was read, RFC 3339, UTC.
    pub time: String,
    /// The id that the client got in `x-amz-request-id`.
    pub request_id: String,
    /// `s3` or `sts`.
    pub service: &'static str,
    /// The client's address, after trusted proxies; absent when a proxy hid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<std::net::IpAddr>,
    /// HTTP method, if it is one that S3 or STS uses, else `other`.
    pub method: &'static str,
    /// The S3 or STS operation, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
    /// Bucket as the client named it, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Object key, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `bucket/key` that a copy reads, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_source: Option<String>,
    /// How the request was signed, once that verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<&'static str>,
    /// The access key id, once the signature verified (before that it is the client's claim only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// `sub` of the identity, or the name of a static user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Issuer of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Role that the session has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Role session name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// `allow`, `explicitDeny` or `implicitDeny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<&'static str>,
    /// The statement that decided, `policy[index] (sid)`, or what was nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What stood in the way of a request that was denied, part by part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denial: Option<Box<Denied>>,
    /// Store that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Name of the store credential that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Status of the store's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_status: Option<u16>,
    /// Milliseconds from sending the request to the head of the store's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_ms: Option<u64>,
    /// Status that the client got.
    pub status: u16,
    /// AWS error code that the client got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why, for the operator only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Payload bytes taken from the client.
    pub bytes_in: u64,
    /// Payload bytes given to the client.
    pub bytes_out: u64,
    /// Milliseconds from reading the head to the end of the answer.
    pub total_ms: u64,
    /// The client left, or the store broke off, before the answer ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub aborted: bool,
}

/// Longest text of any one field, so that a hostile key or claim cannot make a line of any size.
const MAX_FIELD: usize = 2048;

impl Record {
    /// Cuts every free text to [`MAX_FIELD`] bytes.
    fn bound(&mut self) {
        self.bound_to(MAX_FIELD);
    }

    /// Cuts every free text to so many bytes.
    pub(crate) fn bound_to(&mut self, most: usize) {
        for text in [
            &mut self.bucket,
            &mut self.key,
            &mut self.copy_source,
            &mut self.access_key_id,
            &mut self.subject,
            &mut self.issuer,
            &mut self.role,
            &mut self.session,
            &mut self.decided_by,
            &mut self.error,
            &mut self.reason,
        ]
        .into_iter()
        .flatten()
        {
            if text.len() > most {
                let end = (0..=most).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
                text.truncate(end);
            }
        }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// `key=value` pairs, values quoted as JSON strings where they are texts.
    Text,
}

/// Takes records and writes them from one thread, so that a slow terminal or pipe never holds up a
/// request. When the queue is full, lines are dropped and counted, never waited for.
#[derive(Debug)]
pub struct Log {
    queue: SyncSender<Line>,
    dropped: AtomicU64,
    written: Mutex<Receiver<()>>,
}

enum Line {
    Record(Box<Record>),
    /// Everything before is to be written, then the thread ends.
    End,
}

impl Log {
    /// Starts the writer thread. It ends when the last `Log` is dropped.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start<W: Write + Send + 'static>(format: Format, out: W) -> std::io::Result<Self> {
        let (queue, lines) = sync_channel(QUEUE);
        let (ended, written) = sync_channel(0);
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            write_all(format, out, &lines);
            // Whoever waits is told by the channel's end, and then no line is taken any more.
            drop(lines);
            drop(ended);
        })?;
        Ok(Self { queue, dropped: AtomicU64::new(0), written: Mutex::new(written) })
    }

    /// Queues one record.
    pub fn write(&self, mut record: Record) {
        record.bound();
        if self.queue.try_send(Line::Record(Box::new(record))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything that was queued is written, at most `limit`; says whether it was.
    /// What comes afterwards is dropped.
    pub fn close(&self, limit: Duration) -> bool {
        // A queue that is full stays so only while the reader hangs, and then there is no waiting.
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Line::End) {
            return false;
        }
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(written.recv_timeout(limit), Err(RecvTimeoutError::Disconnected))
    }

    /// Records that were dropped because the writer could not keep up or its output is gone.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

fn write_all<W: Write>(format: Format, mut out: W, lines: &Receiver<Line>) {
    let mut line = Vec::with_capacity(1024);
    while let Ok(Line::Record(record)) = lines.recv() {
        line.clear();
        if render(format, &record, &mut line).is_err() {
            continue;
        }
        line.push(b'\n');
        if out.write_all(&line).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn render(format: Format, record: &Record, line: &mut Vec<u8>) -> serde_json::Result<()> {
    match format {
        Format::Json => serde_json::to_writer(line, record),
        Format::Text => {
            let serde_json::Value::Object(fields) = serde_json::to_value(record)? else {
                return Ok(());
            };
            for (index, (name, value)) in fields.iter().enumerate() {
                if index > 0 {
                    line.push(b' ');
                }
                line.extend_from_slice(name.as_bytes());
                line.push(b'=');
                match value {
                    // `Debug` escapes what moves a terminal's cursor or turns its text around,
                    // which JSON leaves as it is.
                    serde_json::Value::String(text) => {
                        line.extend_from_slice(format!("{text:?}").as_bytes());
                    }
                    other => serde_json::to_writer(&mut *line, other)?,
                }
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    #[derive(Clone)]
    struct Lines(std::sync::mpsc::Sender<Vec<u8>>);
    impl Write for Lines {
        fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
            self.0.send(buf.to_vec()).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
            Ok(buf.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_json_object_even_with_hostile_text() {
        let (sender, lines) = channel();
        let log = Log::start(Format::Json, Lines(sender)).unwrap();
        let key = "a\nb\"}{\u{1F600}".to_owned();
        log.write(Record { key: Some(key.clone()), status: 403, ..Record::default() });
        let line = lines.recv().unwrap();
        assert_eq!(line.iter().filter(|&&b| b == b'\n').count(), 1);
        let parsed: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(parsed["key"], key.as_str());
        assert_eq!(parsed["status"], 403);
    }

    #[test]
    fn nothing_is_lost_at_an_orderly_stop() {
        struct Slow(std::sync::mpsc::Sender<Vec<u8>>);
        impl Write for Slow {
            fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                std::thread::sleep(Duration::from_millis(1));
                self.0.send(buf.to_vec()).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
                Ok(buf.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let (sender, lines) = channel();
        let log = Log::start(Format::Json, Slow(sender)).unwrap();
        for _ in 0..100 {
            log.write(Record::default());
        }
        assert!(log.close(Duration::from_secs(60)));
        assert_eq!(lines.iter().count(), 100);
        log.write(Record::default());
        assert_eq!(log.dropped(), 1);
    }

    #[test]
    fn text_lines_stay_on_one_line_too() {
        let mut line = Vec::new();
        let record = Record { key: Some("a\nb c".to_owned()), ..Record::default() };
        render(Format::Text, &record, &mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(line.contains(r#"key="a\nb c""#), "{line}");
        assert!(!line.contains('\n'));
        let mut line = Vec::new();
        let record = Record { key: Some("a\u{202e}\u{9b}b".to_owned()), ..Record::default() };
        render(Format::Text, &record, &mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(line.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{line}");
    }

    #[test]
    fn a50_long_fields_are_cut_at_a_character() {
        let mut record = Record { key: Some("\u{20AC}".repeat(5000)), ..Record::default() };
        record.bound();
        let key = record.key.unwrap();
        assert!(key.len() <= MAX_FIELD && key.len() > MAX_FIELD - 4);
        assert!(key.chars().all(|c| c == '\u{20AC}'));
    }

    #[test]
    fn a50_a_writer_that_hangs_costs_lines_not_requests() {
        struct Stuck(Arc<Mutex<()>>);
        impl Write for Stuck {
            fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                drop(self.0.lock());
                Ok(buf.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let gate = Arc::new(Mutex::new(()));
        let held = gate.lock().unwrap();
        let log = Log::start(Format::Json, Stuck(Arc::clone(&gate))).unwrap();
        for _ in 0..QUEUE + 10 {
            log.write(Record::default());
        }
        assert!(log.dropped() >= 9);
        drop(held);
    }
}
