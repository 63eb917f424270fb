//! gRPC's health protocol: SERVING until the service ends, for the whole and for WorkflowService.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use temporal_protos::health::health_check_response::ServingStatus;
use temporal_protos::health::{HealthCheckRequest, HealthCheckResponse, health_server};
use tokio::sync::watch;
use tonic::codegen::BoxStream;
use tonic::codegen::tokio_stream::Stream;
use tonic::{Request, Response, Status};

/// The service, and its methods that are served.
pub(super) const SERVICE: &str = health_server::SERVICE_NAME;
pub(super) const METHODS: [&str; 2] = ["Check", "Watch"];

/// Answers for the services which are known by name.
#[derive(Debug)]
pub(super) struct Health {
    closing: watch::Receiver<bool>,
}

const KNOWN: [&str; 3] = [
    "",
    "temporal.api.workflowservice.v1.WorkflowService",
    "temporal.api.operatorservice.v1.OperatorService",
];

impl Health {
    pub(super) fn new(closing: watch::Receiver<bool>) -> Self {
        Self { closing }
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status as i32,
    }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !KNOWN.contains(&request.get_ref().service.as_str()) {
            return Err(Status::not_found("unknown service"));
        }
        let closing = *self.closing.borrow();
        Ok(Response::new(answer(if closing {
            ServingStatus::NotServing
        } else {
            ServingStatus::Serving
        })))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<BoxStream<HealthCheckResponse>>, Status> {
        let known = KNOWN.contains(&request.get_ref().service.as_str());
        let now = if known {
            ServingStatus::Serving
        } else {
            ServingStatus::ServiceUnknown
        };
        let mut closing = self.closing.clone();
        let change = Box::pin(async move {
            // An error means that the handle is gone, which ends the service as well.
            let _ = closing.wait_for(|closing| *closing).await;
        });
        Ok(Response::new(Box::pin(Changes {
            now: Some(now),
            change: Some(change),
        })))
    }
}

/// The status now, and once more when it changes.
struct Changes {
    now: Option<ServingStatus>,
    change: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Stream for Changes {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(now) = self.now.take() {
            return Poll::Ready(Some(Ok(answer(now))));
        }
        let Some(change) = &mut self.change else {
            return Poll::Ready(None);
        };
        match change.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.change = None;
                Poll::Ready(Some(Ok(answer(ServingStatus::NotServing))))
            }
        }
    }
}
