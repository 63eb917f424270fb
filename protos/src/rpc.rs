//! Calls as bytes. The generated clients and servers only turn their messages into bytes and back;
//! what carries them (framing, compression, limits, status) is compiled once here, and not once for
//! each of 150 RPCs, which was more than half of a user's build. Knows no RPC by name.

use std::future::Future;
use std::pin::Pin;

use bytes::{Buf, BufMut, Bytes};
use prost::Message;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Response, Status};

/// What a method of a generated server gives.
pub type Reply<'a, M> = Pin<Box<dyn Future<Output = Result<Response<M>, Status>> + Send + 'a>>;

/// Copying so many bytes costs less than what a buffer of them may keep beside them.
const SMALL: usize = 16 * 1024;

/// A codec whose messages are bytes: already encoded, or not yet decoded. With tonic's own `Grpc` it calls, or serves, any
/// RPC by its path.
#[derive(Debug, Clone, Copy, Default)]
pub struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    /// What is decoded keeps slices of the message for as long as it lives, and a slice keeps the whole buffer, which has
    /// room for much more than a small message: so that one is copied.
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = buffer.remaining();
        if length > SMALL {
            return Ok(Some(buffer.copy_to_bytes(length)));
        }
        let mut message = Vec::with_capacity(length);
        while buffer.has_remaining() {
            let chunk = buffer.chunk();
            message.extend_from_slice(chunk);
            let read = chunk.len();
            buffer.advance(read);
        }
        Ok(Some(message.into()))
    }
}

fn encoded(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

/// The code is tonic's own for a message that cannot be read.
fn decoded<M: Message + Default>(bytes: Bytes) -> Result<M, Status> {
    M::decode(bytes).map_err(|error| Status::internal(error.to_string()))
}

/// What the generated clients do.
#[cfg(feature = "client")]
pub(crate) mod client {
    use tonic::client::{Grpc, GrpcService};
    use tonic::codegen::{Body, StdError, http::uri::PathAndQuery};

    use super::{Bytes, Encoded, Message, Request, Response, Status, decoded, encoded};

    /// One call with one answer.
    pub(crate) async fn unary<T, Q: Message, A: Message + Default>(
        channel: &mut Grpc<T>,
        path: &'static str,
        request: Request<Q>,
    ) -> Result<Response<A>, Status>
    where
        T: GrpcService<tonic::body::Body>,
        T::Error: Into<StdError>,
        T::ResponseBody: Body<Data = Bytes> + Send + 'static,
        <T::ResponseBody as Body>::Error: Into<StdError> + Send,
    {
        let request = request.map(|message| encoded(&message));
        let (metadata, bytes, extensions) = send(channel, path, request).await?.into_parts();
        Ok(Response::from_parts(metadata, decoded(bytes)?, extensions))
    }

    async fn send<T>(
        channel: &mut Grpc<T>,
        path: &'static str,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Status>
    where
        T: GrpcService<tonic::body::Body>,
        T::Error: Into<StdError>,
        T::ResponseBody: Body<Data = Bytes> + Send + 'static,
        <T::ResponseBody as Body>::Error: Into<StdError> + Send,
    {
        channel
            .ready()
            .await
            .map_err(|error| Status::unknown(format!("Service was not ready: {}", error.into())))?;
        let path = PathAndQuery::from_static(path);
        channel.unary(request, path, Encoded).await
    }
}

/// What the generated servers do.
#[cfg(feature = "server")]
pub(crate) mod server {
    use std::convert::Infallible;
    use std::sync::Arc;

    use tonic::body::Body;
    use tonic::codegen::http;
    use tonic::codegen::{BoxFuture, CompressionEncoding, EnabledCompressionEncodings};
    use tonic::server::{Grpc, UnaryService};

    use super::{Bytes, Encoded, Message, Reply, Request, Status, decoded, encoded};

    /// Limits and compression of a server.
    #[derive(Debug, Clone, Copy, Default)]
    pub(crate) struct Settings {
        accepted: EnabledCompressionEncodings,
        sent: EnabledCompressionEncodings,
        largest_request: Option<usize>,
        largest_reply: Option<usize>,
    }

    impl Settings {
        pub(crate) fn accept(&mut self, encoding: CompressionEncoding) {
            self.accepted.enable(encoding);
        }

        pub(crate) fn send(&mut self, encoding: CompressionEncoding) {
            self.sent.enable(encoding);
        }

        pub(crate) fn limit_requests(&mut self, bytes: usize) {
            self.largest_request = Some(bytes);
        }

        pub(crate) fn limit_replies(&mut self, bytes: usize) {
            self.largest_reply = Some(bytes);
        }

        /// Answers one HTTP request by `method`, or with UNIMPLEMENTED where there is none.
        pub(crate) fn answer(
            self,
            request: http::Request<Body>,
            method: Option<Method>,
        ) -> BoxFuture<http::Response<Body>, Infallible> {
            let Some(method) = method else {
                return Box::pin(async { Ok(Status::unimplemented("").into_http()) });
            };
            Box::pin(async move {
                let mut grpc = Grpc::new(Encoded)
                    .apply_compression_config(self.accepted, self.sent)
                    .apply_max_message_size_config(self.largest_request, self.largest_reply);
                Ok(grpc.unary(method, request).await)
            })
        }
    }

    /// One RPC of one service, from bytes to bytes.
    pub(crate) struct Method(Box<dyn Fn(Request<Bytes>) -> Reply<'static, Bytes> + Send + Sync>);

    impl Method {
        pub(crate) fn new<T, Q, A>(
            service: &Arc<T>,
            call: for<'a> fn(&'a T, Request<Q>) -> Reply<'a, A>,
        ) -> Self
        where
            T: Send + Sync + 'static,
            Q: Message + Default + 'static,
            A: Message + 'static,
        {
            let service = service.clone();
            Self(Box::new(move |request| {
                let service = service.clone();
                Box::pin(async move {
                    let (metadata, extensions, bytes) = request.into_parts();
                    let request = Request::from_parts(metadata, extensions, decoded(bytes)?);
                    Ok(call(&service, request).await?.map(|reply| encoded(&reply)))
                })
            }))
        }
    }

    impl UnaryService<Bytes> for Method {
        type Response = Bytes;
        type Future = Reply<'static, Bytes>;

        fn call(&mut self, request: Request<Bytes>) -> Self::Future {
            (self.0)(request)
        }
    }

    /// The answer of a method that a server leaves out.
    pub(crate) fn unimplemented<M: Send + 'static>() -> Reply<'static, M> {
        Box::pin(std::future::ready(Err(Status::unimplemented(
            "Not yet implemented",
        ))))
    }
}
