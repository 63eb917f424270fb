//! The encodings of the other SDKs, byte for byte.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::*;

fn parts<T: Payload>(value: T) -> (String, Vec<u8>) {
    let payload = value.encode().expect("it has an encoding");
    let encoding = payload.metadata.get(ENCODING).cloned().unwrap_or_default();
    (
        String::from_utf8_lossy(&encoding).into_owned(),
        payload.data.to_vec(),
    )
}

fn json(text: &str) -> RawPayload {
    raw::payload(JSON, Bytes::copy_from_slice(text.as_bytes()))
}

#[test]
fn nothing_is_binary_null() {
    let null = ("binary/null".to_owned(), vec![]);
    assert_eq!(parts(()), null);
    assert_eq!(parts(None::<u32>), null);
    assert_eq!(
        <()>::decode(raw::payload(NULL, Bytes::new())).ok(),
        Some(())
    );
    assert_eq!(
        Option::<u32>::decode(raw::payload(NULL, Bytes::new())).ok(),
        Some(None)
    );
}

#[test]
fn bytes_are_binary_plain() {
    assert_eq!(
        parts(vec![0u8, 255]),
        ("binary/plain".to_owned(), vec![0, 255])
    );
    assert_eq!(
        parts(Bytes::from_static(b"x")),
        ("binary/plain".to_owned(), b"x".to_vec())
    );
    let payload = raw::payload(PLAIN, Bytes::from_static(b"\x00\xff"));
    assert_eq!(Vec::<u8>::decode(payload.clone()).ok(), Some(vec![0, 255]));
    assert_eq!(
        Bytes::decode(payload).ok(),
        Some(Bytes::from_static(b"\x00\xff"))
    );
}

#[test]
fn everything_else_is_json_plain() {
    assert_eq!(
        parts("é\n".to_owned()),
        ("json/plain".to_owned(), "\"é\\n\"".into())
    );
    assert_eq!(
        parts(vec![1u32, 2]),
        ("json/plain".to_owned(), b"[1,2]".to_vec())
    );
    assert_eq!(
        parts(
            BTreeMap::from([("a", 1)])
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<BTreeMap<_, _>>()
        )
        .1,
        br#"{"a":1}"#
    );
    assert_eq!(parts(Some(5u8)), ("json/plain".to_owned(), b"5".to_vec()));
    assert_eq!(parts(u128::MAX).1, u128::MAX.to_string().into_bytes());
    assert_eq!(
        u128::decode(json(&u128::MAX.to_string())).ok(),
        Some(u128::MAX)
    );
}

#[test]
fn a_raw_value_is_passed_on_as_it_came() {
    let payload = raw::payload(b"binary/encrypted", Bytes::from_static(b"??"));
    let raw = <RawValue as Payload>::decode(payload.clone()).expect("a raw value takes anything");
    assert_eq!(raw.encoding(), "binary/encrypted");
    assert_eq!(Payload::encode(raw).ok(), Some(payload));
}

#[test]
fn what_does_not_fit_is_named() {
    let error = u32::decode(json("\"five\"")).expect_err("text is no number");
    assert_eq!(error.kind(), ErrorKind::Payload);
    assert_eq!(error.to_string(), "`\"five\"` is not a `u32`");
    let error = u32::decode(raw::payload(b"binary/encrypted", Bytes::new()))
        .expect_err("nobody can read it");
    assert_eq!(
        error.to_string(),
        "a payload with the encoding `binary/encrypted` is not a `u32`"
    );
    let error = u32::decode(raw::payload(PLAIN, Bytes::new())).expect_err("bytes are no number");
    assert_eq!(
        error.to_string(),
        "a payload with the encoding `binary/plain` is not a `u32`"
    );
}

#[test]
fn more_than_two_mebibytes_are_refused() {
    assert!(vec![0u8; MAX_PAYLOAD].encode().is_ok());
    let error = vec![0u8; MAX_PAYLOAD + 1]
        .encode()
        .expect_err("over the limit");
    assert!(
        error.to_string().contains("is over the limit of 2 MiB"),
        "{error}"
    );
    let error = "x"
        .repeat(MAX_PAYLOAD)
        .encode()
        .expect_err("the quotes count too");
    assert!(
        error.to_string().starts_with("a `String` of 2097154 bytes"),
        "{error}"
    );
}

#[test]
fn arguments_are_counted_and_named() {
    const NAMES: &[&str] = &["order: String", "cents: u64"];
    let take = |values: Vec<RawPayload>| {
        let mut arguments = Arguments::new("workflow `Checkout`", NAMES, values)?;
        Ok::<_, Error>((
            arguments.take(String::decode)?,
            arguments.take(u64::decode)?,
        ))
    };
    assert_eq!(
        take(vec![json("\"o\""), json("5")]).ok(),
        Some(("o".to_owned(), 5))
    );
    let text = |values| take(values).expect_err("they do not fit").to_string();
    assert_eq!(
        text(vec![json("\"o\"")]),
        "workflow `Checkout` takes 2 arguments (`order: String`, `cents: u64`) but 1 were sent: `cents: u64` is missing"
    );
    assert_eq!(
        text(vec![json("1"), json("2"), json("3")]),
        "workflow `Checkout` takes 2 arguments (`order: String`, `cents: u64`) but 3 were sent"
    );
    assert_eq!(
        text(vec![json("\"o\""), json("\"x\"")]),
        "argument 2 of workflow `Checkout` (`cents: u64`) cannot be decoded"
    );
}

#[test]
fn a_missing_optional_argument_is_none() {
    let mut arguments =
        Arguments::new("activity `a`", &["note: Option<String>"], vec![]).expect("not too many");
    assert_eq!(arguments.take(Option::<String>::decode).ok(), Some(None));
}

#[test]
fn type_names_are_short() {
    assert_eq!(last_segment("my::orders::Order"), "Order");
    assert_eq!(last_segment("alloc::vec::Vec<my::Order>"), "Vec");
    assert_eq!(last_segment("u8"), "u8");
}
