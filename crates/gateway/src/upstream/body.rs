//! The request body as the store gets it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use super::client::Progress;
use crate::pipeline::body::{FramedStream, VerifiedStream};
use crate::pipeline::budget::Share;

/// What goes to a store: nothing, bytes that are verified already, or a stream that fails unless
/// it verifies to its last byte.
#[derive(Debug)]
pub struct OutgoingBody {
    source: Source,
    progress: Progress,
    shares: Vec<Share>,
    awaited: Option<Await>,
}

/// A body that waits until the store wants it.
#[derive(Debug)]
struct Await {
    told: oneshot::Receiver<()>,
    patience: Pin<Box<Sleep>>,
}

/// How long the store is waited for: some know nothing of `100-continue` (RFC 9110, 10.1.1, wants a limit), and
/// clients wait as long.
const AWAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum Source {
    Whole(Option<Bytes>),
    Stream(Box<VerifiedStream>),
    Framed(Box<FramedStream>),
}

/// A stream ended before it was verified. The reason is kept by the stream's owner; the store's
/// connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the request body did not verify")]
pub struct Unverified;

impl OutgoingBody {
    /// No body at all.
    #[must_use]
    pub fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    /// Bytes that need no further check.
    #[must_use]
    pub fn whole(bytes: Bytes) -> Self {
        let progress = Progress::default();
        let source = if bytes.is_empty() {
            progress.end();
            Source::Whole(None)
        } else {
            Source::Whole(Some(bytes))
        };
        Self { source, progress, shares: Vec::new(), awaited: None }
    }

    /// Gives `shares` of a memory budget back only when this body is gone.
    #[must_use]
    pub fn holding(mut self, shares: Vec<Share>) -> Self {
        self.shares = shares;
        self
    }

    /// A stream that verifies while it flows.
    #[must_use]
    pub fn stream(stream: VerifiedStream) -> Self {
        Self::of(Source::Stream(Box::new(stream)))
    }

    /// The same in `aws-chunked` framing, with a trailer.
    #[must_use]
    pub fn framed(stream: FramedStream) -> Self {
        Self::of(Source::Framed(Box::new(stream)))
    }

    fn of(source: Source) -> Self {
        Self { source, progress: Progress::default(), shares: Vec::new(), awaited: None }
    }

    /// Stands still until `told`, or for as long as a store is waited for.
    #[must_use]
    pub fn awaiting(mut self, told: oneshot::Receiver<()>) -> Self {
        self.awaited = Some(Await { told, patience: Box::pin(sleep(AWAIT)) });
        self
    }

    /// Whether the store wants it. Whoever was to tell is gone once the store has answered for good: then it is not
    /// wanted, and nothing of it may be asked of the client.
    fn poll_awaited(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Unverified>> {
        if let Some(awaited) = &mut self.awaited {
            match Pin::new(&mut awaited.told).poll(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Unverified)),
                Poll::Pending if awaited.patience.as_mut().poll(cx).is_ready() => {}
                Poll::Pending => {
                    self.progress.waits();
                    return Poll::Pending;
                }
            }
        }
        self.awaited = None;
        Poll::Ready(Ok(()))
    }

    /// A handle that tells how far this body got, also after it was given away.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = Unverified;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unverified>>> {
        let this = &mut *self;
        if let Err(refused) = ready!(this.poll_awaited(cx)) {
            return Poll::Ready(Some(Err(refused)));
        }
        let polled = match &mut this.source {
            Source::Whole(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Source::Stream(stream) => stream.poll_data(cx),
            Source::Framed(stream) => stream.poll_data(cx),
        };
        match &polled {
            Poll::Ready(Some(Ok(_))) => this.progress.moved(),
            Poll::Ready(None) => this.progress.end(),
            Poll::Pending => this.progress.waits(),
            Poll::Ready(Some(Err(_))) => {}
        }
        // hyper does not poll past the last byte of a body of known size.
        if this.is_end_stream() {
            this.progress.end();
        }
        polled.map(|frame| frame.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Whole(bytes) => bytes.is_none(),
            Source::Stream(stream) => stream.is_done(),
            Source::Framed(stream) => stream.is_done(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.source {
            Source::Whole(bytes) => bytes.as_ref().map_or(0, |b| b.len() as u64),
            Source::Stream(stream) => stream.remaining(),
            Source::Framed(stream) => stream.remaining(),
        })
    }
}
