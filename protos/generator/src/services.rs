//! Clients and servers of services whose RPCs all have one request and one answer. What tonic's own
//! generator writes is generic over the messages of each RPC down to the framing, so every RPC costs
//! the build as much as a whole client; this one hands bytes to `protos/src/rpc.rs`. A service with
//! streams is left to tonic's generator.

use heck::ToSnakeCase;
use prost_build::{Method, Service, ServiceGenerator};

/// Chooses the generator of each service.
pub(crate) struct Services {
    streaming: Box<dyn ServiceGenerator>,
}

impl Services {
    pub(crate) fn new(streaming: Box<dyn ServiceGenerator>) -> Self {
        Self { streaming }
    }
}

impl ServiceGenerator for Services {
    fn generate(&mut self, service: Service, buf: &mut String) {
        if service
            .methods
            .iter()
            .any(|method| method.client_streaming || method.server_streaming)
        {
            return self.streaming.generate(service, buf);
        }
        buf.push_str(&client(&service));
        buf.push_str(&server(&service));
    }

    fn finalize(&mut self, buf: &mut String) {
        self.streaming.finalize(buf);
    }

    fn finalize_package(&mut self, package: &str, buf: &mut String) {
        self.streaming.finalize_package(package, buf);
    }
}

/// A message as it is named one module further down.
fn below(ty: &str) -> String {
    if ty.starts_with('(') || ty.starts_with("::") {
        ty.to_owned()
    } else {
        format!("super::{ty}")
    }
}

fn path(service: &Service, method: &Method) -> String {
    format!(
        "/{}.{}/{}",
        service.package, service.proto_name, method.proto_name
    )
}

fn client(service: &Service) -> String {
    let (name, module) = (&service.name, service.name.to_snake_case());
    let methods: String = service
        .methods
        .iter()
        .map(|method| {
            format!(
                r#"
        pub fn {rpc}(
            &mut self,
            request: impl tonic::IntoRequest<{request}>,
        ) -> impl Future<Output = Result<tonic::Response<{answer}>, tonic::Status>> {{
            unary(&mut self.inner, "{path}", request.into_request())
        }}
"#,
                rpc = method.name,
                request = below(&method.input_type),
                answer = below(&method.output_type),
                path = path(service, method),
            )
        })
        .collect();
    format!(
        r#"/// The client of `{name}`.
#[cfg(feature = "client")]
pub mod {module}_client {{
    use tonic::codegen::{{Body, Bytes, CompressionEncoding, Future, StdError}};

    use crate::rpc::client::unary;

    #[derive(Debug, Clone)]
    pub struct {name}Client<T> {{
        inner: tonic::client::Grpc<T>,
    }}
    impl<T> {name}Client<T>
    where
        T: tonic::client::GrpcService<tonic::body::Body>,
        T::Error: Into<StdError>,
        T::ResponseBody: Body<Data = Bytes> + Send + 'static,
        <T::ResponseBody as Body>::Error: Into<StdError> + Send,
    {{
        pub fn new(inner: T) -> Self {{
            let inner = tonic::client::Grpc::new(inner);
            Self {{ inner }}
        }}
        /// Compress requests with the given encoding.
        #[must_use]
        pub fn send_compressed(mut self, encoding: CompressionEncoding) -> Self {{
            self.inner = self.inner.send_compressed(encoding);
            self
        }}
        /// Enable decompressing responses.
        #[must_use]
        pub fn accept_compressed(mut self, encoding: CompressionEncoding) -> Self {{
            self.inner = self.inner.accept_compressed(encoding);
            self
        }}
        /// Limits the maximum size of a decoded message; 4 MiB if nothing is set.
        #[must_use]
        pub fn max_decoding_message_size(mut self, limit: usize) -> Self {{
            self.inner = self.inner.max_decoding_message_size(limit);
            self
        }}
        /// Limits the maximum size of an encoded message; none if nothing is set.
        #[must_use]
        pub fn max_encoding_message_size(mut self, limit: usize) -> Self {{
            self.inner = self.inner.max_encoding_message_size(limit);
            self
        }}
{methods}    }}
}}
"#
    )
}

fn server(service: &Service) -> String {
    let (name, module) = (&service.name, service.name.to_snake_case());
    let methods: String = service
        .methods
        .iter()
        .map(|method| {
            format!(
                r#"
        fn {rpc}(&self, request: Request<{request}>) -> Reply<'_, {answer}> {{
            unimplemented()
        }}
"#,
                rpc = method.name,
                request = below(&method.input_type),
                answer = below(&method.output_type),
            )
        })
        .collect();
    let arms: String = service
        .methods
        .iter()
        .map(|method| {
            format!(
                "                \"{path}\" => Method::new(service, T::{rpc}),\n",
                path = path(service, method),
                rpc = method.name,
            )
        })
        .collect();
    let full = format!("{}.{}", service.package, service.proto_name);
    format!(
        r#"/// The server of `{name}`.
#[cfg(feature = "server")]
pub mod {module}_server {{
    use std::{{convert::Infallible, sync::Arc, task::{{Context, Poll}}}};

    use tonic::{{Request, body::Body}};
    use tonic::codegen::{{BoxFuture, CompressionEncoding, http}};

    use crate::rpc::{{Reply, server::{{Method, Settings, unimplemented}}}};

    /// What a server of `{name}` answers. A method that is left out answers UNIMPLEMENTED.
    #[allow(unused_variables, reason = "names of parameters are documentation")]
    pub trait {name}: Send + Sync + 'static {{
{methods}    }}
    #[derive(Debug)]
    pub struct {name}Server<T> {{
        inner: Arc<T>,
        settings: Settings,
    }}
    impl<T> {name}Server<T> {{
        pub fn new(inner: T) -> Self {{
            Self::from_arc(Arc::new(inner))
        }}
        pub fn from_arc(inner: Arc<T>) -> Self {{
            Self {{ inner, settings: Settings::default() }}
        }}
        /// Enable decompressing requests with the given encoding.
        #[must_use]
        pub fn accept_compressed(mut self, encoding: CompressionEncoding) -> Self {{
            self.settings.accept(encoding);
            self
        }}
        /// Compress responses with the given encoding, if the client supports it.
        #[must_use]
        pub fn send_compressed(mut self, encoding: CompressionEncoding) -> Self {{
            self.settings.send(encoding);
            self
        }}
        /// Limits the maximum size of a decoded message; 4 MiB if nothing is set.
        #[must_use]
        pub fn max_decoding_message_size(mut self, limit: usize) -> Self {{
            self.settings.limit_requests(limit);
            self
        }}
        /// Limits the maximum size of an encoded message; none if nothing is set.
        #[must_use]
        pub fn max_encoding_message_size(mut self, limit: usize) -> Self {{
            self.settings.limit_replies(limit);
            self
        }}
    }}
    impl<T: {name}> {name}Server<T> {{
        fn method(service: &Arc<T>, path: &str) -> Option<Method> {{
            Some(match path {{
{arms}                _ => return None,
            }})
        }}
    }}
    impl<T: {name}> tonic::codegen::Service<http::Request<Body>> for {name}Server<T> {{
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<Self::Response, Self::Error>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {{
            Poll::Ready(Ok(()))
        }}
        fn call(&mut self, request: http::Request<Body>) -> Self::Future {{
            let method = Self::method(&self.inner, request.uri().path());
            self.settings.answer(request, method)
        }}
    }}
    impl<T> Clone for {name}Server<T> {{
        fn clone(&self) -> Self {{
            Self {{ inner: self.inner.clone(), settings: self.settings }}
        }}
    }}
    /// The name of the service in its paths.
    pub const SERVICE_NAME: &str = "{full}";
    impl<T> tonic::server::NamedService for {name}Server<T> {{
        const NAME: &'static str = SERVICE_NAME;
    }}
}}
"#
    )
}
