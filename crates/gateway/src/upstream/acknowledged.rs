//! A connection whose peer never waits for our acknowledgement, and is heard to its end.
//!
//! A store that writes head and body of an answer apart, with Nagle's algorithm on (RFC 896, and the
//! default: Ceph RGW's among others), holds the body until the head is acknowledged; the kernel here delays
//! that acknowledgement, by 40 ms on Linux, in the hope of data to send along. So small answers take
//! 44 ms on a kept connection. While an answer is awaited, what was read is acknowledged as soon as there is
//! nothing more to read (`TCP_QUICKACK`, tcp(7)).
//!
//! A store that refuses an upload may answer and close before it has read all of it. Then a write fails, and the
//! answer that says why is there to be read: what is written from then on goes nowhere, until it was read. That
//! it went nowhere is remembered, so that nobody takes it for delivered.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What is known of a connection beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Awaited(Arc<State>);

#[derive(Debug, Default)]
struct State {
    awaited: AtomicBool,
    deaf: AtomicBool,
}

impl Awaited {
    /// Whether an answer is awaited, from now on: between exchanges there is nobody to be hurried.
    pub(super) fn set(&self, awaited: bool) {
        self.0.awaited.store(awaited, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.awaited.load(Ordering::Relaxed)
    }

    /// Whether the store did not take all that was written.
    pub(super) fn is_deaf(&self) -> bool {
        self.0.deaf.load(Ordering::Acquire)
    }

    /// A write went wrong; it counts as done if that is because the other side closed.
    fn hear(&self, wrote: io::Result<usize>, length: usize) -> io::Result<usize> {
        match wrote {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
                ) =>
            {
                self.0.deaf.store(true, Ordering::Release);
                Ok(length)
            }
            wrote => wrote,
        }
    }
}

/// The stream, with that.
#[derive(Debug)]
pub(super) struct Acknowledged {
    tcp: TcpStream,
    awaited: Awaited,
    /// Whether something was read since the last acknowledgement that we asked for.
    owed: bool,
}

impl Acknowledged {
    pub(super) fn new(tcp: TcpStream, awaited: Awaited) -> Self {
        Self { tcp, awaited, owed: false }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn acknowledge(&self) {
        // It makes things faster and nothing right: a kernel that will not is none the worse.
        let _ = self.tcp.set_quickack(true);
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn acknowledge(&self) {}
}

impl AsyncRead for Acknowledged {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.tcp).poll_read(cx, buffer);
        if polled.is_ready() {
            self.owed |= buffer.filled().len() > before;
        } else if self.owed && self.awaited.get() {
            self.owed = false;
            self.acknowledge();
        }
        polled
    }
}

impl AsyncWrite for Acknowledged {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = ready!(Pin::new(&mut self.tcp).poll_write(cx, data));
        Poll::Ready(self.awaited.hear(wrote, data.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = ready!(Pin::new(&mut self.tcp).poll_write_vectored(cx, data));
        Poll::Ready(self.awaited.hear(wrote, data.iter().map(|slice| slice.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What was read is acknowledged once there is nothing more to read, and only while an answer is
    /// awaited. The kernel delays acknowledgements after we have sent something (tcp(7): "interactive").
    #[tokio::test]
    async fn what_was_read_is_acknowledged_while_an_answer_is_awaited() {
        for awaits in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let connecting = TcpStream::connect(listener.local_addr().unwrap());
            let (store, tcp) = tokio::join!(listener.accept(), connecting);
            let (mut store, tcp) = (store.unwrap().0, tcp.unwrap());
            let awaited = Awaited::default();
            let mut stream = Acknowledged::new(tcp, awaited.clone());
            awaited.set(awaits);
            let mut buffer = [0; 16];
            let mut request = [0; 4];
            for _ in 0..3 {
                stream.write_all(b"GET ").await.unwrap();
                store.read_exact(&mut request).await.unwrap();
                store.write_all(b"head").await.unwrap();
                stream.tcp.set_quickack(false).unwrap();
                assert_eq!(stream.read(&mut buffer).await.unwrap(), 4);
                assert!(!stream.tcp.quickack().unwrap(), "nobody asked yet");
                let more = std::future::poll_fn(|cx| {
                    let mut buffer = ReadBuf::new(&mut buffer);
                    Poll::Ready(Pin::new(&mut stream).poll_read(cx, &mut buffer).is_ready())
                });
                assert!(!more.await);
                assert_eq!(stream.tcp.quickack().unwrap(), awaits);
            }
        }
    }
}
