//! JSON text. A key that stands twice in an object is noted with its place: `serde_json` keeps the last one, and says
//! nothing.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// So many places are noted at most, and so many bytes of them; text with more is no message of anybody's.
const MOST: usize = 100;
const MOST_BYTES: usize = 64 << 10;

/// JSON, and the places of keys that stood there before.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) value: Value,
    pub(super) twice: Vec<Vec<String>>,
}

/// The error says where the text is no JSON.
pub(super) fn parse(json: &[u8]) -> Result<Parsed, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let mut seen = Seen::default();
    let value = Within(&mut seen).deserialize(&mut reader)?;
    reader.end()?;
    Ok(Parsed {
        value,
        twice: seen.twice,
    })
}

#[derive(Default)]
struct Seen {
    /// Keys and indexes from the outermost on.
    place: Vec<String>,
    twice: Vec<Vec<String>>,
    /// Of all places that were noted.
    bytes: usize,
}

impl Seen {
    /// Notes the place; says whether there was room for it.
    fn note(&mut self) -> bool {
        self.bytes += self.place.iter().map(String::len).sum::<usize>();
        if self.twice.len() == MOST || self.bytes > MOST_BYTES {
            return false;
        }
        self.twice.push(self.place.clone());
        true
    }
}

struct Within<'a>(&'a mut Seen);

impl<'de> DeserializeSeed<'de> for Within<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            self.0.place.push(values.len().to_string());
            let next = from.next_element_seed(Within(self.0))?;
            self.0.place.pop();
            match next {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = from.next_key::<String>()? {
            self.0.place.push(key.clone());
            if values.contains_key(&key) && !self.0.note() {
                return Err(Error::custom("too many fields stand twice"));
            }
            let value = from.next_value_seed(Within(self.0))?;
            self.0.place.pop();
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_is_elsewhere() {
        for text in [
            "null",
            "[1, -1, 1.5, 18446744073709551615, true, \"a\\u0041\", {}, [[]]]",
            "{\"a\": {\"b\": [null]}}",
            "1e300",
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            let found = parse(text.as_bytes()).unwrap();
            assert_eq!((found.value, found.twice.len()), (expected, 0));
        }
        for wrong in ["", "{", "{} {}", "[1,]", "{\"a\" 1}", "nul", "1e999"] {
            let expected = serde_json::from_str::<Value>(wrong).unwrap_err();
            let found = parse(wrong.as_bytes()).unwrap_err();
            assert_eq!(found.to_string(), expected.to_string(), "{wrong}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn keys_that_stand_twice_are_noted() {
        let text = r#"{"a": 1, "b": [{}, {"c": 1, "c": 2}], "a": {"d": 1, "d": 1}}"#;
        let found = parse(text.as_bytes()).unwrap().twice;
        let places: Vec<_> = found.iter().map(|place| place.join("/")).collect();
        assert_eq!(places, ["b/1/c", "a", "a/d"]);
        let many =
            |key: &str, count| format!("{{{}\"a\": 1}}", format!("\"{key}\": 1,").repeat(count));
        assert_eq!(parse(many("a", MOST).as_bytes()).unwrap().twice.len(), MOST);
        // What is beyond the bounds is not overlooked.
        assert!(parse(many("a", MOST + 1).as_bytes()).is_err());
        assert!(parse(many(&"k".repeat(MOST_BYTES / 2), 4).as_bytes()).is_err());
    }
}
