//! How rows are named and numbered: a checksum covers a body and all that names it.

use crate::engine::checksum::checksum;
use crate::engine::time::Time;
use crate::store::batch::Progress;

/// Events of a run have places from `number << EVENT_BITS` on: more than a run may have.
pub(super) const EVENT_BITS: u32 = 20;

pub(super) fn progress_sum(progress: &Progress) -> i64 {
    let Progress { time, serial, ids } = progress;
    let ids = ids.map(u64::to_le_bytes);
    checksum(&[
        &time.as_nanos().to_le_bytes(),
        &serial.to_le_bytes(),
        ids.as_ref().map_or(&[], |ids| ids.as_slice()),
    ])
    .cast_signed()
}

/// What stands beside the record of a run is covered by the record's checksum.
pub(super) fn state_name(number: u64, closed: Option<Time>, transitions: i64) -> Vec<u8> {
    let mut name = number.to_le_bytes().to_vec();
    name.extend_from_slice(&transitions.to_le_bytes());
    if let Some(closed) = closed {
        name.extend_from_slice(&closed.as_nanos().to_le_bytes());
    }
    name
}

pub(super) fn birth_name<'a>(
    number: &'a [u8],
    namespace_id: &'a str,
    workflow_id: &'a str,
    run_id: &'a str,
) -> [&'a [u8]; 5] {
    [
        b"run",
        number,
        namespace_id.as_bytes(),
        workflow_id.as_bytes(),
        run_id.as_bytes(),
    ]
}

pub(super) fn closed_name<'a>(number: &'a [u8], workflow_id: &'a str) -> [&'a [u8]; 3] {
    [b"closed", number, workflow_id.as_bytes()]
}

/// Numbers count from 1 and never come near the sign.
pub(super) fn signed(number: u64) -> i64 {
    number.cast_signed()
}

pub(super) fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}
