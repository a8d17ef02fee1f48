//! Payloads: decoded, verified while they flow, the last byte held back until all of it holds.
//!
//! [`Inspector`] is the pure part: wire bytes in, payload bytes out. [`VerifiedStream`] and
//! [`collect`] put it under a client's connection.

mod framed;
mod inspector;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use tokio::time::{Instant, Sleep, sleep};

pub use framed::FramedStream;
pub use inspector::{BodyError, Expectations, Inspector, Trailers};

use super::budget::{Budget, Share};
use super::client_body::{ClientBody, ClientBodyError};
use crate::upstream::body::Unverified;

impl From<ClientBodyError> for BodyError {
    fn from(error: ClientBodyError) -> Self {
        match error {
            ClientBodyError::Connection(error) => Self::Broken(error.to_string()),
            ClientBodyError::Form(error) => Self::Form(error),
        }
    }
}

/// Where a stream leaves its verdict for the pipeline, which outlives it.
#[derive(Debug, Clone, Default)]
pub struct Verdict(Arc<Mutex<VerdictState>>);

#[derive(Debug, Default)]
struct VerdictState {
    error: Option<BodyError>,
    trailers: Option<Trailers>,
    seen: u64,
}

impl Verdict {
    fn with<R>(&self, act: impl FnOnce(&mut VerdictState) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The error that ended the stream, if one did.
    #[must_use]
    pub fn error(&self) -> Option<BodyError> {
        self.with(|state| state.error.clone())
    }

    /// The verified trailers; `None` until the whole payload was verified.
    #[must_use]
    pub fn trailers(&self) -> Option<Trailers> {
        self.with(|state| state.trailers.clone())
    }

    /// Payload bytes that came from the client.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.with(|state| state.seen)
    }
}

/// A client's payload on its way to a store.
#[derive(Debug)]
pub struct VerifiedStream {
    incoming: ClientBody,
    inspector: Inspector,
    verdict: Verdict,
    remaining: u64,
    done: bool,
    idle: Pin<Box<Sleep>>,
    idle_limit: Duration,
}

impl VerifiedStream {
    /// `length` is the payload length that the store is told.
    #[must_use]
    pub fn new(
        incoming: ClientBody,
        inspector: Inspector,
        length: u64,
        idle_limit: Duration,
    ) -> Self {
        Self {
            incoming,
            inspector,
            verdict: Verdict::default(),
            remaining: length,
            done: false,
            idle: Box::pin(sleep(idle_limit)),
            idle_limit,
        }
    }

    /// Where the stream says how it ended.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict.clone()
    }

    /// Bytes that have not been handed over yet.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Whether everything was verified and handed over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done && self.remaining == 0
    }

    /// The next payload bytes.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Unverified>>> {
        loop {
            if let Some(data) = self.inspector.pop() {
                self.remaining = self.remaining.saturating_sub(data.len() as u64);
                return Poll::Ready(Some(Ok(data)));
            }
            if self.done {
                return Poll::Ready(None);
            }
            match self.poll_wire(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    self.verdict.with(|state| state.error = Some(error));
                    return Poll::Ready(Some(Err(Unverified)));
                }
            }
        }
    }

    fn poll_wire(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Pending => {
                if self.idle.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Err(BodyError::Stalled));
                }
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => {
                self.idle.as_mut().reset(Instant::now() + self.idle_limit);
                // HTTP trailers are not aws-chunked trailers: nothing signs or declares them.
                let Ok(data) = frame.into_data() else { return Poll::Ready(Ok(())) };
                let pushed = self.inspector.push(data);
                let seen = self.inspector.seen();
                self.verdict.with(|state| state.seen = seen);
                Poll::Ready(pushed)
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Err(error.into())),
            Poll::Ready(None) => Poll::Ready(self.inspector.end().map(|trailers| {
                self.done = true;
                self.verdict.with(|state| state.trailers = Some(trailers));
            })),
        }
    }
}

/// Reads a payload whole. The caller has bounded it by the inspector's limit; `memory` is asked
/// for what it takes, as it grows.
///
/// What the inspector lets go is copied together at once: a slice of the wire's buffer keeps all of
/// that buffer alive, and chunks of one byte would make a payload take many times its size (A42).
///
/// # Errors
/// Every variant of [`BodyError`].
pub async fn collect(
    mut incoming: ClientBody,
    mut inspector: Inspector,
    idle_limit: Duration,
    mut memory: Option<&mut Growth<'_>>,
) -> Result<(Bytes, Trailers), BodyError> {
    use http_body_util::BodyExt;
    let mut whole = BytesMut::new();
    loop {
        let next = tokio::time::timeout(idle_limit, incoming.frame());
        let frame = match next.await.map_err(|_elapsed| BodyError::Stalled)? {
            None => break,
            Some(frame) => frame.map_err(BodyError::from)?,
        };
        let Ok(data) = frame.into_data() else { continue };
        if let Some(memory) = memory.as_deref_mut() {
            memory.grow(data.len() as u64)?;
        }
        inspector.push(data)?;
        while let Some(data) = inspector.pop() {
            whole.extend_from_slice(&data);
        }
    }
    let trailers = inspector.end()?;
    while let Some(data) = inspector.pop() {
        whole.extend_from_slice(&data);
    }
    Ok((whole.freeze(), trailers))
}

/// Memory of a budget that is taken in steps, as bytes arrive: whoever announces much and sends
/// little holds little.
#[derive(Debug)]
pub struct Growth<'a> {
    budget: &'a Budget,
    /// How many bytes each byte that arrives costs.
    factor: u64,
    needed: u64,
    taken: u64,
    shares: Vec<Share>,
}

/// Few enough shares for the largest document, small enough not to matter for the smallest.
const STEP: u64 = 64 * 1024;

impl<'a> Growth<'a> {
    /// Nothing is taken yet.
    #[must_use]
    pub fn new(budget: &'a Budget, factor: u64) -> Self {
        Self { budget, factor, needed: 0, taken: 0, shares: Vec::new() }
    }

    /// Takes what `bytes` more cost.
    ///
    /// # Errors
    /// [`BodyError::NoMemory`]
    pub fn grow(&mut self, bytes: u64) -> Result<(), BodyError> {
        self.needed = self.needed.saturating_add(bytes.saturating_mul(self.factor));
        while self.taken < self.needed {
            let step = (self.needed - self.taken).max(STEP);
            self.shares.push(self.budget.take(step).ok_or(BodyError::NoMemory)?);
            self.taken += step;
        }
        Ok(())
    }

    /// What was taken, to be held as long as the bytes are.
    #[must_use]
    pub fn into_shares(self) -> Vec<Share> {
        self.shares
    }
}
