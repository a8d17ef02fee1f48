//! The end of every request: the answer, its log line and its metrics.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::body::Verdict;
use super::budget::{Place, Share};
use super::late::{Late, LateError};
use crate::app::App;
use crate::audit::Record;
use crate::server::io::BusyGuard;
use crate::upstream::client::StoreBody;

/// The body of an answer. When it ends, or is dropped because the client left, the request is
/// logged and counted: there is no other way out of the pipeline.
#[derive(Debug)]
pub struct Answer {
    source: Source,
    finish: Option<Finish>,
    ended: bool,
    busy: Option<BusyGuard>,
    /// The memory that it takes until the client has it.
    held: Option<Share>,
}

#[derive(Debug)]
enum Source {
    Whole(Option<Bytes>),
    Store { body: StoreBody, stall: Stall },
    Late { late: Box<Late>, stall: Stall },
}

/// A store that stops sending is given up.
#[derive(Debug)]
struct Stall {
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
    armed: bool,
}

/// What is known of the request. It is logged and counted when this is dropped.
#[derive(Debug)]
pub struct Finish {
    /// Where to log and count.
    pub app: Arc<App>,
    /// The line.
    pub record: Box<Record>,
    /// When the request's head was read.
    pub started: Instant,
    /// The payload that was streamed, if one was.
    pub verdict: Option<Verdict>,
    /// Whether the answer was given to its end.
    pub ended: bool,
    /// The request's place among those that are worked on.
    pub in_flight: Option<Place>,
}

/// The store's part of an answer broke off; the client's connection is cut, so that it can never
/// take a short answer for a whole one (A41).
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The connection to the store broke.
    #[error("the store broke off: {0}")]
    Store(#[from] hyper::Error),
    /// The store stood still.
    #[error("the store stopped sending")]
    Stalled,
    /// An answer that was begun did not come to its end.
    #[error("{0}")]
    Late(#[from] LateError),
}

impl Answer {
    /// An answer that is there whole. `finish` logs it when it has been sent; `None` for answers
    /// that are nobody's request (the admin listener).
    #[must_use]
    pub fn whole(bytes: Bytes, finish: Option<Finish>) -> Self {
        let bytes = (!bytes.is_empty()).then_some(bytes);
        Self {
            ended: bytes.is_none(),
            source: Source::Whole(bytes),
            finish,
            busy: None,
            held: None,
        }
    }

    /// Keeps the connection busy until this answer is gone.
    #[must_use]
    pub fn keeping(mut self, busy: BusyGuard) -> Self {
        self.busy = Some(busy);
        self
    }

    /// Gives memory of a budget back only when this answer is gone.
    #[must_use]
    pub fn holding(mut self, share: Option<Share>) -> Self {
        self.held = share;
        self
    }

    /// A store's body, passed on as it comes.
    #[must_use]
    pub fn store(body: StoreBody, idle_limit: Duration, finish: Finish) -> Self {
        let stall = Stall::new(idle_limit);
        let ended = body.is_end_stream();
        Self {
            ended,
            source: Source::Store { body, stall },
            finish: Some(finish),
            busy: None,
            held: None,
        }
    }

    /// An answer that the store began before it knew how it ends.
    #[must_use]
    pub fn late(late: Late, idle_limit: Duration, finish: Finish) -> Self {
        let stall = Stall::new(idle_limit);
        Self {
            ended: false,
            source: Source::Late { late: Box::new(late), stall },
            finish: Some(finish),
            busy: None,
            held: None,
        }
    }
}

impl Stall {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: Box::pin(sleep(limit)), armed: false }
    }

    /// Passes on what is there; what is not there for too long is an error.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<Option<Result<T, AnswerError>>>,
    ) -> Poll<Option<Result<T, AnswerError>>> {
        if polled.is_ready() {
            self.armed = false;
            return polled;
        }
        if !self.armed {
            self.armed = true;
            self.sleep.as_mut().reset(Instant::now() + self.limit);
        }
        match self.sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Err(AnswerError::Stalled))),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// What is handed over at a time: as a whole, it would be the connection's, and its memory counted no more, before a
/// byte of it was sent.
const PIECE: usize = 64 * 1024;

fn next_piece(bytes: &mut Option<Bytes>) -> Option<Bytes> {
    let mut whole = bytes.take()?;
    if whole.len() <= PIECE {
        return Some(whole);
    }
    let piece = whole.split_to(PIECE);
    *bytes = Some(whole);
    Some(piece)
}

impl Source {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        match self {
            Self::Whole(bytes) => {
                Poll::Ready(next_piece(bytes).map(|piece| Ok(Frame::data(piece))))
            }
            Self::Store { body, stall } => {
                let polled = Pin::new(body).poll_frame(cx);
                stall.watch(cx, polled.map(|frame| frame.map(|frame| frame.map_err(Into::into))))
            }
            Self::Late { late, stall } => {
                let polled = late
                    .poll_data(cx)
                    .map(|data| data.map(|data| data.map(Frame::data).map_err(AnswerError::from)));
                stall.watch(cx, polled)
            }
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let polled = self.source.poll(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(data), Some(finish)) = (frame.data_ref(), &mut self.finish) {
                    finish.record.bytes_out += data.len() as u64;
                }
                self.ended = self.is_end_stream();
            }
            Poll::Ready(Some(Err(error))) => {
                if let Some(finish) = &mut self.finish {
                    finish.record.reason = Some(error.to_string());
                }
            }
            Poll::Ready(None) => self.ended = true,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Whole(bytes) => bytes.is_none(),
            Source::Store { body, .. } => body.is_end_stream(),
            Source::Late { late, .. } => late.is_done(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64))
            }
            Source::Store { body, .. } => body.size_hint(),
            Source::Late { .. } => SizeHint::default(),
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let Some(finish) = &mut self.finish else { return };
        // An answer to HEAD has a body that nobody polls.
        finish.ended = self.ended || finish.record.method == "HEAD";
        if let Source::Late { late, .. } = &self.source
            && let Some(error) = late.error()
        {
            finish.record.error = Some(error.code.clone());
            finish.record.reason = Some(format!("an error inside a 200: {}", error.message));
        }
    }
}

/// What is logged as status where a request ended before it had an answer: nginx's number for it.
const NO_ANSWER: u16 = 499;

impl Drop for Finish {
    /// The only place that logs and counts a request. It is reached whatever becomes of it: hyper
    /// drops a request whose client left in the middle, and what the store did by then must be in
    /// the log all the same.
    fn drop(&mut self) {
        let mut record = std::mem::take(&mut *self.record);
        record.aborted = !self.ended;
        if record.status == 0 {
            record.status = NO_ANSWER;
            record
                .reason
                .get_or_insert_with(|| "the request was cut before it was answered".into());
        }
        if let Some(verdict) = &self.verdict {
            record.bytes_in = verdict.seen();
        }
        let elapsed = self.started.elapsed();
        record.total_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.app.metrics.finished(&record, elapsed.as_secs_f64());
        self.app.denials.keep(&record);
        self.app.access_log.write(record);
    }
}

/// What a plain-HTTP client of S3 gets when there is no place for its connection.
pub const SHED_S3: &[u8] = b"HTTP/1.1 503 Slow Down\r\n\
content-type: application/xml\r\n\
content-length: 127\r\n\
connection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>\n";

/// The same for a client of STS, in its words.
pub const SHED_STS: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
content-type: text/xml\r\n\
content-length: 198\r\n\
connection: close\r\n\r\n\
<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
<Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>none</RequestId>\
</ErrorResponse>\n";

#[cfg(test)]
mod tests {
    use super::{SHED_S3, SHED_STS};

    #[test]
    fn the_shed_answers_have_the_length_that_they_say() {
        for answer in [SHED_S3, SHED_STS] {
            let text = std::str::from_utf8(answer).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
        }
    }
}
