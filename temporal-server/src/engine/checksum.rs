//! A checksum that tells what was written from what a broken disk or a careless hand made of it.

/// FNV-1a over 64 bits (Fowler, Noll, Vo): a change of any one byte changes it. Lengths count, so that parts cannot
/// flow into each other.
pub(crate) fn checksum(parts: &[&[u8]]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01B3;
    let mut sum: u64 = 0xCBF2_9CE4_8422_2325;
    let mut mix = |byte: u8| sum = (sum ^ u64::from(byte)).wrapping_mul(PRIME);
    for part in parts {
        for byte in (part.len() as u64).to_le_bytes() {
            mix(byte);
        }
        for byte in *part {
            mix(*byte);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_other_byte_and_any_other_cut_makes_another_sum() {
        let text = b"what was written";
        let sum = checksum(&[text]);
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.to_vec();
                other[place] ^= 1 << bit;
                assert_ne!(checksum(&[&other]), sum);
            }
        }
        assert_ne!(checksum(&[b"what ", b"was written"]), sum);
        assert_ne!(checksum(&[b"ab", b"c"]), checksum(&[b"a", b"bc"]));
    }
}
