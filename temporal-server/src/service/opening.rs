//! Connections that must say what they want: whoever connects has so long for the preface of HTTP/2, or for the head of
//! a first request in HTTP/1.1, and is let go otherwise. Knows nothing of what comes after.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use tonic::transport::server::Connected;

/// How long the beginning may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection, and what is waited for at its beginning.
#[derive(Debug)]
pub(crate) struct Opening<S> {
    connection: S,
    beginning: Option<Beginning>,
}

#[derive(Debug)]
struct Beginning {
    seen: usize,
    /// Whether all of it is that of HTTP/2.
    is_preface: bool,
    /// Whether anything but ends of lines was there.
    has_begun: bool,
    /// Ends of lines that followed each other last.
    line_ends: u8,
    over: Pin<Box<Sleep>>,
}

impl<S> Opening<S> {
    pub(crate) fn new(connection: S) -> Self {
        Self {
            connection,
            beginning: Some(Beginning {
                seen: 0,
                is_preface: true,
                has_begun: false,
                line_ends: 0,
                over: Box::pin(tokio::time::sleep(PATIENCE)),
            }),
        }
    }
}

impl Beginning {
    /// Whether it is there now.
    fn take(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            self.is_preface &= PREFACE.get(self.seen) == Some(byte);
            self.seen += 1;
            match byte {
                b'\n' if self.has_begun => self.line_ends = self.line_ends.saturating_add(1),
                // Empty lines in front of a head are no head.
                b'\n' | b'\r' => {}
                _ => (self.has_begun, self.line_ends) = (true, 0),
            }
            let is_whole = if self.is_preface {
                self.seen == PREFACE.len()
            } else {
                self.line_ends >= 2
            };
            if is_whole {
                return true;
            }
        }
        false
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Opening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        let read = Pin::new(&mut self.connection).poll_read(cx, buffer);
        let Some(beginning) = &mut self.beginning else {
            return read;
        };
        match &read {
            Poll::Ready(Ok(())) if beginning.take(&buffer.filled()[filled..]) => {
                self.beginning = None;
            }
            Poll::Pending if beginning.over.as_mut().poll(cx).is_ready() => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            _ => {}
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Opening<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}

impl<S: Connected> Connected for Opening<S> {
    type ConnectInfo = S::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.connection.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::*;

    /// Says the parts, a second apart, and then nothing; returns after how many seconds the connection ended, if it did
    /// within an hour.
    async fn lasts(parts: &[&[u8]]) -> Option<u64> {
        let (mut near, far) = tokio::io::duplex(1024);
        let began = Instant::now();
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            let end = Opening::new(far).read_to_end(&mut all).await;
            (end, all)
        });
        for part in parts {
            // It may have ended.
            let _ = near.write_all(part).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let ended = tokio::time::timeout(Duration::from_secs(3600), reader).await;
        let (end, all) = ended.ok()?.unwrap();
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(parts.concat().starts_with(&all));
        Some(began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_half_a_beginning_is_let_go_and_others_stay() {
        let (first, second) = PREFACE.split_at(7);
        for (parts, expected) in [
            (&[][..], Some(10)),
            (&[first], Some(10)),
            (&[b"GET / HTTP/1.1\r\n", b"host: a\r\n"], Some(10)),
            // Empty lines are no head, however many there are.
            (&[b"\r\n\r\n"], Some(10)),
            (&[&PREFACE[..18], &[b'\n'; 300]], None),
            (&[first, second], None),
            (&[b"GET / HTTP/1.1\r\nhost", b": a\r\n\r\n"], None),
            (&[PREFACE, b"\0\0\0"], None),
        ] {
            assert_eq!(lasts(parts).await, expected, "{parts:?}");
        }
        // One byte a second is no more patience.
        let slow: Vec<&[u8]> = PREFACE.chunks(1).collect();
        assert_eq!(lasts(&slow).await.map(|after| after >= 10), Some(true));
    }
}
