//! A client's connection that cannot stand still for ever while we write.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Wraps a client's socket, so that neither side of it can stand still for ever.
///
/// - A write that makes no progress for `stall` fails with `TimedOut`: a client that stops reading
///   would hold a store connection and its buffers otherwise (A42).
/// - A request's head must be complete `head` after its first byte (A50). hyper's own timeout
///   starts when a connection becomes idle, so it bounds idling and cannot bound this as well.
///
/// Bodies are bounded by the pipeline, which knows whom it waits for.
#[derive(Debug)]
pub struct StallGuard<T> {
    inner: T,
    stall: Duration,
    stalled: Pin<Box<Sleep>>,
    armed: bool,
    head: Duration,
    slow_head: Option<SlowHead>,
    busy: Busy,
}

/// Whether a connection works on a request: from its complete head to the end of its answer.
#[derive(Debug, Clone, Default)]
pub struct Busy(Arc<BusyState>);

#[derive(Debug, Default)]
struct BusyState {
    active: AtomicUsize,
    begun: AtomicUsize,
}

/// Held by the answer of a request.
#[derive(Debug)]
pub struct BusyGuard(Busy);

impl Busy {
    /// A head is complete.
    #[must_use]
    pub fn begin(&self) -> BusyGuard {
        self.0.active.fetch_add(1, Ordering::AcqRel);
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        BusyGuard(self.clone())
    }

    fn is_set(&self) -> bool {
        self.0.active.load(Ordering::Acquire) > 0
    }

    fn begun(&self) -> usize {
        self.0.begun.load(Ordering::Acquire)
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.0.active.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A head that has begun and is not complete.
#[derive(Debug)]
struct SlowHead {
    deadline: Pin<Box<Sleep>>,
    /// How many heads were complete before: one more, and it was this one.
    after: usize,
}

impl<T> StallGuard<T> {
    /// Guards `inner`.
    pub fn new(inner: T, stall: Duration, head: Duration, busy: Busy) -> Self {
        let stalled = Box::pin(sleep(stall));
        Self { inner, stall, stalled, armed: false, head, slow_head: None, busy }
    }

    fn watch_head(&mut self, cx: &mut Context<'_>, read: bool) -> io::Result<()> {
        let after = self.busy.begun();
        let complete = |head: &SlowHead| head.after != after;
        if self.busy.is_set() || self.slow_head.as_ref().is_some_and(complete) {
            self.slow_head = None;
        }
        if read && !self.busy.is_set() && self.slow_head.is_none() {
            let deadline = Box::pin(sleep(self.head));
            self.slow_head = Some(SlowHead { deadline, after });
        }
        let too_slow =
            self.slow_head.as_mut().is_some_and(|head| head.deadline.as_mut().poll(cx).is_ready());
        if too_slow { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn watch<R>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            self.armed = false;
            return polled;
        }
        if !self.armed {
            self.armed = true;
            self.stalled.as_mut().reset(Instant::now() + self.stall);
        }
        match self.stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for StallGuard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.watch_head(cx, buf.filled().len() > before)?;
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for StallGuard<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.watch(cx, polled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test(start_paused = true)]
    async fn a42_a_reader_that_stops_is_cut_off() {
        let (ours, _theirs) = tokio::io::duplex(64);
        let mut guarded = StallGuard::new(
            ours,
            Duration::from_secs(30),
            Duration::from_secs(10),
            Busy::default(),
        );
        guarded.write_all(&[0; 64]).await.unwrap();
        let error = guarded.write_all(&[0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn progress_restarts_the_clock() {
        use tokio::io::AsyncReadExt;
        let (ours, mut theirs) = tokio::io::duplex(1);
        let mut guarded = StallGuard::new(
            ours,
            Duration::from_secs(30),
            Duration::from_secs(10),
            Busy::default(),
        );
        let slow_reader = async {
            for _ in 0..5 {
                sleep(Duration::from_secs(20)).await;
                theirs.read_u8().await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(guarded.write_all(&[7; 5]), slow_reader);
        written.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a50_a_head_that_drips_is_cut_off_and_an_idle_connection_is_not() {
        use tokio::io::AsyncReadExt;
        let second = Duration::from_secs(1);
        let (ours, mut theirs) = tokio::io::duplex(64);
        let busy = Busy::default();
        let mut guarded = StallGuard::new(ours, 30 * second, 10 * second, busy.clone());
        let client = async {
            sleep(60 * second).await;
            for _ in 0..20 {
                theirs.write_all(b"G").await.unwrap();
                sleep(second).await;
            }
        };
        let server = async {
            let begun = Instant::now();
            loop {
                match guarded.read_u8().await {
                    Ok(_) => {}
                    Err(error) => break (error.kind(), begun.elapsed()),
                }
            }
        };
        let ((kind, elapsed), ()) = tokio::join!(server, client);
        assert_eq!(kind, io::ErrorKind::TimedOut);
        assert_eq!(elapsed.as_secs(), 70);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_take_longer_than_a_head() {
        use tokio::io::AsyncReadExt;
        let second = Duration::from_secs(1);
        let (ours, mut theirs) = tokio::io::duplex(64);
        let busy = Busy::default();
        let mut guarded = StallGuard::new(ours, 30 * second, 10 * second, busy.clone());
        let answer = busy.begin();
        let client = async {
            for _ in 0..20 {
                theirs.write_all(b"x").await.unwrap();
                sleep(second).await;
            }
        };
        let mut body = [0; 20];
        let (read, ()) = tokio::join!(guarded.read_exact(&mut body), client);
        read.unwrap();
        drop(answer);
    }

    #[tokio::test(start_paused = true)]
    async fn a_kept_connection_is_not_held_to_the_head_before() {
        use tokio::io::AsyncReadExt;
        let second = Duration::from_secs(1);
        let (ours, mut theirs) = tokio::io::duplex(64);
        let busy = Busy::default();
        let mut guarded = StallGuard::new(ours, 30 * second, 10 * second, busy.clone());
        theirs.write_all(b"one").await.unwrap();
        let mut head = [0; 3];
        guarded.read_exact(&mut head).await.unwrap();
        // Nothing is read while the request is answered.
        let answer = busy.begin();
        sleep(60 * second).await;
        drop(answer);
        theirs.write_all(b"two").await.unwrap();
        guarded.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"two");
    }
}
