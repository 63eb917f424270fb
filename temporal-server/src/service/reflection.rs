//! gRPC reflection, v1 and v1alpha, which have the same messages: what services there are and what their messages look
//! like, for tools that bring no definitions. Answers come from the protocol's own descriptor.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::codegen::tokio_stream::Stream;
use tonic::server::StreamingService;
use tonic::{Code, Request, Response, Status};

/// The services whose calls come here.
pub(super) const SERVICES: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// The only method of each.
pub(super) const METHOD: &str = "ServerReflectionInfo";

/// What can be asked for: files by name, and the file of each symbol.
#[derive(Debug, Default)]
pub(super) struct Index {
    files: BTreeMap<String, File>,
    symbols: BTreeMap<String, String>,
    services: BTreeSet<String>,
}

#[derive(Debug)]
struct File {
    encoded: Bytes,
    imports: Vec<String>,
}

impl Index {
    /// Everything that the protocol's descriptor describes, and this service's own names.
    pub(super) fn new() -> Self {
        let mut index = Self::default();
        let set = FileDescriptorSet::decode(temporal_protos::DESCRIPTOR).unwrap_or_default();
        for file in set.file {
            index.add(&file);
        }
        index.services.extend(SERVICES.map(str::to_owned));
        index
    }

    fn add(&mut self, file: &FileDescriptorProto) {
        let (name, package) = (file.name().to_owned(), file.package());
        let mut symbols = Vec::new();
        for message in &file.message_type {
            add_message(package, message, &mut symbols);
        }
        add_enums(package, &file.enum_type, &mut symbols);
        for service in &file.service {
            let service_name = within(package, service.name());
            symbols.extend(
                service
                    .method
                    .iter()
                    .map(|m| within(&service_name, m.name())),
            );
            self.services.insert(service_name.clone());
            symbols.push(service_name);
        }
        for symbol in symbols {
            self.symbols.insert(symbol, name.clone());
        }
        let encoded = file.encode_to_vec().into();
        let imports = file.dependency.clone();
        self.files.insert(name, File { encoded, imports });
    }

    fn answer(&self, request: ReflectionRequest) -> ReflectionResponse {
        let answer = match &request.asks {
            Some(Asks::FileByFilename(name)) => self.file(name),
            Some(Asks::FileContainingSymbol(symbol)) => match self.symbols.get(symbol) {
                Some(name) => self.file(name),
                None => missing(&format!("there is no symbol `{symbol}`")),
            },
            Some(Asks::ListServices(_)) => Answer::ListServices(ListServices {
                service: self
                    .services
                    .iter()
                    .map(|name| ServiceName { name: name.clone() })
                    .collect(),
            }),
            Some(Asks::FileContainingExtension(_) | Asks::AllExtensionNumbersOfType(_)) => {
                missing("the protocol has no extensions")
            }
            None => Answer::Error(ErrorAnswer {
                error_code: Code::InvalidArgument as i32,
                error_message: "the request asks for nothing".into(),
            }),
        };
        ReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            answer: Some(answer),
        }
    }

    /// A file and everything that it imports.
    fn file(&self, name: &str) -> Answer {
        let mut wanted = vec![name];
        let mut seen = BTreeSet::new();
        let mut files = Vec::new();
        while let Some(name) = wanted.pop() {
            if let Some(file) = self.files.get(name).filter(|_| seen.insert(name)) {
                files.push(file.encoded.clone());
                wanted.extend(file.imports.iter().map(String::as_str));
            }
        }
        if files.is_empty() {
            return missing(&format!("there is no file `{name}`"));
        }
        Answer::Files(Files { encoded: files })
    }
}

fn add_message(scope: &str, message: &DescriptorProto, symbols: &mut Vec<String>) {
    let name = within(scope, message.name());
    for nested in &message.nested_type {
        add_message(&name, nested, symbols);
    }
    add_enums(&name, &message.enum_type, symbols);
    symbols.extend(
        message
            .field
            .iter()
            .map(|field| within(&name, field.name())),
    );
    symbols.push(name);
}

fn add_enums(scope: &str, enums: &[EnumDescriptorProto], symbols: &mut Vec<String>) {
    symbols.extend(enums.iter().map(|kind| within(scope, kind.name())));
}

fn within(scope: &str, name: &str) -> String {
    format!("{scope}.{name}")
}

fn missing(what: &str) -> Answer {
    Answer::Error(ErrorAnswer {
        error_code: Code::NotFound as i32,
        error_message: what.to_owned(),
    })
}

/// One call, which may ask many times.
#[derive(Debug, Clone)]
pub(super) struct Reflection(pub(super) Arc<Index>);

impl StreamingService<ReflectionRequest> for Reflection {
    type Response = ReflectionResponse;
    type ResponseStream = Answers;
    type Future = Ready<Result<Response<Answers>, Status>>;

    fn call(&mut self, request: Request<Streaming<ReflectionRequest>>) -> Self::Future {
        ready(Ok(Response::new(Answers {
            index: self.0.clone(),
            requests: request.into_inner(),
        })))
    }
}

/// An answer to each request, in order.
#[derive(Debug)]
pub(super) struct Answers {
    index: Arc<Index>,
    requests: Streaming<ReflectionRequest>,
}

impl Stream for Answers {
    type Item = Result<ReflectionResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let request = Pin::new(&mut self.requests).poll_next(cx);
        request.map(|next| next.map(|request| request.map(|request| self.index.answer(request))))
    }
}

/// Messages as they travel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Messages;

impl Codec for Messages {
    type Encode = ReflectionResponse;
    type Decode = ReflectionRequest;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Messages {
    type Item = ReflectionResponse;
    type Error = Status;

    fn encode(&mut self, item: Self::Item, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Messages {
    type Item = ReflectionRequest;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        ReflectionRequest::decode(bytes)
            .map(Some)
            .map_err(|error| Status::invalid_argument(error.to_string()))
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ReflectionRequest {
    #[prost(string, tag = "1")]
    host: String,
    #[prost(oneof = "Asks", tags = "3, 4, 5, 6, 7")]
    asks: Option<Asks>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Asks {
    #[prost(string, tag = "3")]
    FileByFilename(String),
    #[prost(string, tag = "4")]
    FileContainingSymbol(String),
    #[prost(bytes = "bytes", tag = "5")]
    FileContainingExtension(Bytes),
    #[prost(string, tag = "6")]
    AllExtensionNumbersOfType(String),
    #[prost(string, tag = "7")]
    ListServices(String),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ReflectionResponse {
    #[prost(string, tag = "1")]
    valid_host: String,
    #[prost(message, optional, tag = "2")]
    original_request: Option<ReflectionRequest>,
    #[prost(oneof = "Answer", tags = "4, 6, 7")]
    answer: Option<Answer>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Answer {
    #[prost(message, tag = "4")]
    Files(Files),
    #[prost(message, tag = "6")]
    ListServices(ListServices),
    #[prost(message, tag = "7")]
    Error(ErrorAnswer),
}

#[derive(Clone, PartialEq, prost::Message)]
struct Files {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    encoded: Vec<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ListServices {
    #[prost(message, repeated, tag = "1")]
    service: Vec<ServiceName>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ServiceName {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ErrorAnswer {
    #[prost(int32, tag = "1")]
    error_code: i32,
    #[prost(string, tag = "2")]
    error_message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(asks: Asks) -> Answer {
        let request = ReflectionRequest {
            host: "here".into(),
            asks: Some(asks),
        };
        let response = Index::new().answer(request.clone());
        assert_eq!(response.original_request, Some(request));
        response.answer.unwrap()
    }

    #[test]
    fn every_service_is_listed() {
        let Answer::ListServices(listed) = ask(Asks::ListServices(String::new())) else {
            panic!("it is a list");
        };
        let names: Vec<&str> = listed.service.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
                "temporal.api.operatorservice.v1.OperatorService",
                "temporal.api.testservice.v1.TestService",
                "temporal.api.workflowservice.v1.WorkflowService",
            ]
        );
    }

    #[test]
    fn a_symbol_comes_with_everything_that_its_file_imports() {
        for symbol in [
            "temporal.api.workflowservice.v1.WorkflowService",
            "temporal.api.workflowservice.v1.WorkflowService.StartWorkflowExecution",
            "temporal.api.history.v1.HistoryEvent",
            "temporal.api.enums.v1.EventType",
        ] {
            let Answer::Files(files) = ask(Asks::FileContainingSymbol(symbol.into())) else {
                panic!("{symbol} is there");
            };
            let files: Vec<FileDescriptorProto> = (files.encoded.into_iter())
                .map(|file| FileDescriptorProto::decode(file).unwrap())
                .collect();
            let names: BTreeSet<&str> = files.iter().map(|file| file.name()).collect();
            assert_eq!(names.len(), files.len(), "none comes twice");
            for import in files.iter().flat_map(|file| &file.dependency) {
                assert!(names.contains(import.as_str()), "{symbol}: {import}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        for asks in [
            Asks::FileByFilename("nothing.proto".into()),
            Asks::FileContainingSymbol("temporal.Nothing".into()),
            Asks::AllExtensionNumbersOfType("temporal.api.common.v1.Payload".into()),
        ] {
            let Answer::Error(error) = ask(asks) else {
                panic!("it is not there");
            };
            assert_eq!(error.error_code, Code::NotFound as i32);
        }
    }
}
