//! TestService: the locks on the clock of a service that skips time, and waiting by that clock.

use std::time::Duration;

use temporal_protos::testservice::{
    GetCurrentTimeResponse, LockTimeSkippingRequest, LockTimeSkippingResponse, SleepRequest,
    SleepResponse, SleepUntilRequest, UnlockTimeSkippingRequest, UnlockTimeSkippingResponse,
};
use tonic::Request;

use super::Service;
use super::describe_namespace::duration;
use crate::engine::refusal::Refusal;
use crate::engine::time::Time;

pub(super) async fn lock(
    service: &Service,
    _: Request<LockTimeSkippingRequest>,
) -> Result<LockTimeSkippingResponse, Refusal> {
    service.driver.lock_time_skipping();
    Ok(LockTimeSkippingResponse {})
}

pub(super) async fn unlock(
    service: &Service,
    _: Request<UnlockTimeSkippingRequest>,
) -> Result<UnlockTimeSkippingResponse, Refusal> {
    service.driver.unlock_time_skipping()?;
    Ok(UnlockTimeSkippingResponse {})
}

pub(super) async fn sleep(
    service: &Service,
    request: Request<SleepRequest>,
) -> Result<SleepResponse, Refusal> {
    service.driver.sleep(wanted(&request)).await;
    Ok(SleepResponse {})
}

pub(super) async fn sleep_until(
    service: &Service,
    request: Request<SleepUntilRequest>,
) -> Result<SleepResponse, Refusal> {
    let until = request.into_inner().timestamp;
    let until = until.ok_or_else(|| Refusal::invalid("Timestamp is not set on request."))?;
    service.driver.sleep_until(Time::from_proto(&until)).await;
    Ok(SleepResponse {})
}

pub(super) async fn unlock_with_sleep(
    service: &Service,
    request: Request<SleepRequest>,
) -> Result<SleepResponse, Refusal> {
    service
        .driver
        .unlock_time_skipping_with_sleep(wanted(&request))
        .await?;
    Ok(SleepResponse {})
}

pub(super) async fn current_time(
    service: &Service,
    _: Request<()>,
) -> Result<GetCurrentTimeResponse, Refusal> {
    Ok(GetCurrentTimeResponse {
        time: Some(service.driver.now().to_proto()),
    })
}

fn wanted(request: &Request<SleepRequest>) -> Duration {
    duration(request.get_ref().duration.as_ref())
}
