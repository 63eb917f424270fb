//! Rows as bytes: a checksum behind every body, because the file itself has none.

use bytes::{Buf, Bytes};

use crate::engine::checksum::checksum;
use crate::engine::execution::saved::Damaged;

const SUM_BYTES: usize = 8;

/// A body as it is stored: with the checksum of itself and of what names it.
pub(super) fn seal(name: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(body.len() + SUM_BYTES);
    sealed.extend_from_slice(body);
    sealed.extend_from_slice(&sum(name, body).to_le_bytes());
    sealed
}

/// The body that was sealed under this name.
pub(super) fn open(name: &[&[u8]], sealed: Vec<u8>) -> Result<Bytes, Damaged> {
    let mut body = Bytes::from(sealed);
    let Some(length) = body.len().checked_sub(SUM_BYTES) else {
        return Err(Damaged("a row is cut off".into()));
    };
    let mut stored = body.split_off(length);
    if stored.get_u64_le() == sum(name, &body) {
        Ok(body)
    } else {
        Err(Damaged("a row does not match its checksum".into()))
    }
}

fn sum(name: &[&[u8]], body: &[u8]) -> u64 {
    let mut parts = Vec::with_capacity(name.len() + 1);
    parts.extend_from_slice(name);
    parts.push(body);
    checksum(&parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_opens_only_under_its_name_and_unchanged() {
        let sealed = seal(&[b"run", b"1"], b"body");
        assert_eq!(open(&[b"run", b"1"], sealed.clone()).unwrap(), &b"body"[..]);
        assert!(open(&[b"run", b"2"], sealed.clone()).is_err());
        for place in 0..sealed.len() {
            let mut other = sealed.clone();
            other[place] ^= 0x10;
            assert!(open(&[b"run", b"1"], other).is_err());
        }
        assert!(open(&[b"run", b"1"], sealed[..5].to_vec()).is_err());
    }
}
