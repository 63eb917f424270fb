//! Connections whose handshake is over. Handshakes go on beside each other, bounded in number and in time, so whoever
//! connects and says nothing holds up nobody.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::codegen::tokio_stream::Stream;

use super::Certificate;
use crate::service::Spoken;

/// How long a handshake may take: whoever connects and says nothing is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes at a time; others wait.
const MAX_HANDSHAKES: usize = 1000;

/// What a listener accepts, encrypted.
#[derive(Debug)]
pub(crate) struct TlsIncoming {
    listener: TcpListener,
    certificate: Certificate,
    spoken: Spoken,
    handshakes: JoinSet<Option<TlsStream<TcpStream>>>,
}

impl TlsIncoming {
    pub(crate) fn new(listener: TcpListener, certificate: Certificate, spoken: Spoken) -> Self {
        Self {
            listener,
            certificate,
            spoken,
            handshakes: JoinSet::new(),
        }
    }

    fn shake_hands(&mut self, connection: TcpStream) {
        let (certificate, spoken) = (self.certificate.clone(), self.spoken);
        self.handshakes.spawn(async move {
            // Small answers shall not wait for more of them; without it they are only slower.
            let _ = connection.set_nodelay(true);
            let handshake = async {
                let config = certificate.config(spoken).await?;
                let accepted = TlsAcceptor::from(config).accept(connection).await;
                accepted
                    .inspect_err(|error| tracing::debug!(%error, "a handshake failed"))
                    .ok()
            };
            tokio::time::timeout(HANDSHAKE, handshake).await.ok()?
        });
    }
}

impl Stream for TlsIncoming {
    type Item = io::Result<TlsStream<TcpStream>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while self.handshakes.len() < MAX_HANDSHAKES {
            match self.listener.poll_accept(cx) {
                Poll::Ready(Ok((connection, _))) => self.shake_hands(connection),
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                Poll::Pending => break,
            }
        }
        loop {
            match self.handshakes.poll_join_next(cx) {
                Poll::Ready(Some(Ok(Some(encrypted)))) => return Poll::Ready(Some(Ok(encrypted))),
                // It has failed. There is room for another one now.
                Poll::Ready(Some(_)) => {
                    if self.handshakes.len() + 1 == MAX_HANDSHAKES {
                        cx.waker().wake_by_ref();
                    }
                }
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}
