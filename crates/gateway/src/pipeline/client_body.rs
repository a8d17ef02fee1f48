//! A client's request body, and whether it was read to its end.
//!
//! A body that was not must end the connection with the answer (RFC 9112, section 9.3: what is left
//! of it would be read as the next request). A client that was told 403 instead of `100 Continue`
//! never sends it at all and goes on with its next request, whose first bytes would be taken for
//! the body (A13).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// The body as hyper hands it over.
#[derive(Debug)]
pub struct ClientBody {
    incoming: Incoming,
    ended: Ended,
}

/// Tells whether a [`ClientBody`] ended, also after it is gone.
#[derive(Debug, Clone, Default)]
pub struct Ended(Arc<AtomicBool>);

impl Ended {
    /// Whether nothing of the body is left on the connection.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn reach(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl ClientBody {
    /// A body without bytes has ended from the start.
    #[must_use]
    pub fn new(incoming: Incoming) -> Self {
        let body = Self { incoming, ended: Ended::default() };
        if body.incoming.is_end_stream() {
            body.ended.reach();
        }
        body
    }

    /// A handle that outlives the body.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.ended.clone()
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) || self.incoming.is_end_stream() {
            self.ended.reach();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
