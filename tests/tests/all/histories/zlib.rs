//! Decompression of what Python's `zlib.compress` makes (RFC 1950, RFC 1951), for the histories that were recorded with
//! such a codec: a hundred lines, where a dependency would be one of everybody who runs the tests.

/// The bytes that were compressed; `None` if that is not what these are.
pub(super) fn decompress(data: &[u8]) -> Option<Vec<u8>> {
    // two bytes of header before, a checksum of four behind
    let body = data.get(2..data.len().checked_sub(4)?)?;
    let (mut bits, mut out) = (Bits { data: body, at: 0 }, Vec::new());
    loop {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut out)?,
            1 => {
                let lengths = (0..288).map(|symbol| match symbol {
                    144..256 => 9,
                    256..280 => 7,
                    _ => 8,
                });
                let symbols = Codes::new(lengths.collect());
                block(&mut bits, &symbols, &Codes::new(vec![5; 30]), &mut out)?;
            }
            2 => {
                let (symbols, distances) = own_codes(&mut bits)?;
                block(&mut bits, &symbols, &distances, &mut out)?;
            }
            _ => return None,
        }
        if last {
            return (adler32(&out).to_be_bytes() == data[data.len() - 4..]).then_some(out);
        }
    }
}

/// Bits from the lowest of each byte on.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// A number, its lowest bit first.
    fn take(&mut self, count: usize) -> Option<usize> {
        (0..count).try_fold(0, |number, place| {
            let byte = *self.data.get(self.at / 8)?;
            let bit = usize::from((byte >> (self.at % 8)) & 1);
            self.at += 1;
            Some(number | (bit << place))
        })
    }

    /// A symbol, by its code.
    fn symbol(&mut self, codes: &Codes) -> Option<usize> {
        // codes of one length follow each other, and begin where the shorter ones end
        let (mut code, mut first) = (0, 0);
        for symbols in &codes.by_length {
            code = (code << 1) | self.take(1)?;
            first <<= 1;
            if let Some(symbol) = symbols.get(code - first) {
                return Some(*symbol);
            }
            first += symbols.len();
        }
        None
    }
}

/// Symbols by the lengths of their codes, from one bit up to fifteen.
struct Codes {
    by_length: Vec<Vec<usize>>,
}

impl Codes {
    fn new(lengths: Vec<usize>) -> Self {
        let mut by_length = vec![Vec::new(); 15];
        for (symbol, length) in lengths.into_iter().enumerate() {
            if let Some(symbols) = length.checked_sub(1).and_then(|at| by_length.get_mut(at)) {
                symbols.push(symbol);
            }
        }
        Self { by_length }
    }
}

fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>) -> Option<()> {
    bits.at = bits.at.next_multiple_of(8);
    let length = bits.take(16)?;
    bits.take(16)?;
    for _ in 0..length {
        out.push(u8::try_from(bits.take(8)?).ok()?);
    }
    Some(())
}

/// The codes of a block that brings its own, which are compressed themselves.
fn own_codes(bits: &mut Bits<'_>) -> Option<(Codes, Codes)> {
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let (symbols, distances) = (bits.take(5)? + 257, bits.take(5)? + 1);
    let given = bits.take(4)? + 4;
    let mut lengths = vec![0; 19];
    for at in &ORDER[..given] {
        lengths[*at] = bits.take(3)?;
    }
    let codes = Codes::new(lengths);
    let mut lengths = Vec::new();
    while lengths.len() < symbols + distances {
        let (length, times) = match bits.symbol(&codes)? {
            16 => (*lengths.last()?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (length, 1),
        };
        lengths.resize(lengths.len() + times, length);
    }
    let distances = lengths.split_off(symbols);
    Some((Codes::new(lengths), Codes::new(distances)))
}

fn block(bits: &mut Bits<'_>, symbols: &Codes, distances: &Codes, out: &mut Vec<u8>) -> Option<()> {
    loop {
        let length = match bits.symbol(symbols)? {
            byte @ ..256 => {
                out.push(u8::try_from(byte).ok()?);
                continue;
            }
            256 => return Some(()),
            285 => 258,
            length @ ..265 => length - 257 + 3,
            length => {
                let extra = (length - 257) / 4 - 1;
                ((4 + (length - 257) % 4) << extra) + 3 + bits.take(extra)?
            }
        };
        let distance = match bits.symbol(distances)? {
            distance @ ..4 => distance + 1,
            distance => {
                let extra = distance / 2 - 1;
                ((2 + distance % 2) << extra) + 1 + bits.take(extra)?
            }
        };
        // repeats what is there already, perhaps what it adds itself
        for _ in 0..length {
            out.push(*out.get(out.len().checked_sub(distance)?)?);
        }
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

#[test]
fn what_python_compressed_is_read() {
    // zlib.compress(b"Hello, Hello, Hello!")
    let compressed = [
        0x78, 0x9c, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xf0, 0x40, 0xa2, 0x14, 0x01, 0x46,
        0x3e, 0x06, 0x96,
    ];
    let text = decompress(&compressed);
    assert_eq!(text.as_deref(), Some(&b"Hello, Hello, Hello!"[..]));
    assert_eq!(decompress(&compressed[..10]), None);
}
