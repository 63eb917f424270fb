//! Search attributes by typed keys, in the encodings of the other SDKs.
//!
//! Knows no service: whether a name is defined there, and with which type, it says when it gets a value.

use std::{collections::BTreeMap, fmt, marker::PhantomData, time::SystemTime};

use serde_json::Value;
use temporal_protos::common::{Payload as RawPayload, SearchAttributes as Proto};

use crate::convert::{json_payload, parse_rfc3339, rfc3339, typed_payload};

/// The types of search attributes that a service knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SearchAttributeType {
    /// Text that is searched by its words.
    Text,
    /// Text that is searched as a whole.
    Keyword,
    /// A whole number.
    Int,
    /// A number.
    Double,
    /// True or false.
    Bool,
    /// A moment.
    Datetime,
    /// Several keywords.
    KeywordList,
}

/// The name of a search attribute with the type of its values: make it a constant.
///
/// ```
/// use temporal_runtime::prelude::*;
/// use temporal_runtime::SearchAttributeKey;
///
/// const CUSTOMER: SearchAttributeKey<String> = SearchAttributeKey::keyword("CustomerId");
/// const AMOUNT: SearchAttributeKey<i64> = SearchAttributeKey::int("Amount");
///
/// #[workflow]
/// async fn order(wf: &mut Wf, cents: i64) -> Result<bool> {
///     wf.upsert_search_attributes([AMOUNT.set(cents), CUSTOMER.unset()]);
///     Ok(wf.search_attributes().get(&AMOUNT) == Some(cents))
/// }
///
/// async fn caller(client: &Client) -> Result<()> {
///     client.start(order::with(500)).search_attributes([CUSTOMER.set("ann")]).await?;
///     Ok(())
/// }
/// ```
///
/// The service must know the name with this type (`temporal operator search-attribute create`); it refuses others, at a
/// start with an error, in a workflow by failing the workflow task until it knows it.
pub struct SearchAttributeKey<T> {
    name: &'static str,
    kind: SearchAttributeType,
    value: PhantomData<fn() -> T>,
}

/// A value for a search attribute, or its removal. Made by [`SearchAttributeKey::set`] and
/// [`SearchAttributeKey::unset`].
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an update does nothing until you pass it to `wf.upsert_search_attributes(..)` or `.search_attributes(..)`"]
pub struct SearchAttributeUpdate {
    name: &'static str,
    payload: RawPayload,
}

/// The search attributes of a workflow, read by typed keys.
///
/// ```
/// use temporal_runtime::{SearchAttributeKey, prelude::*};
///
/// const CUSTOMER: SearchAttributeKey<String> = SearchAttributeKey::keyword("Customer");
///
/// #[workflow]
/// async fn knows_its_customer(wf: &mut Wf) -> Result<Option<String>> {
///     Ok(wf.search_attributes().get(&CUSTOMER))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchAttributes(BTreeMap<String, RawPayload>);

/// What a search attribute may hold: `String`, `Vec<String>`, `i64`, `f64`, `bool`, `SystemTime`.
pub trait SearchAttributeValue: sealed::Json {}

impl<T: sealed::Json> SearchAttributeValue for T {}

mod sealed {
    use std::time::SystemTime;

    use serde_json::Value;

    pub trait Json: Sized {
        fn to_json(self) -> Value;
        fn of_json(value: &Value) -> Option<Self>;
    }

    impl Json for String {
        fn to_json(self) -> Value {
            self.into()
        }
        fn of_json(value: &Value) -> Option<Self> {
            value.as_str().map(Self::from)
        }
    }

    impl Json for Vec<String> {
        fn to_json(self) -> Value {
            self.into()
        }
        fn of_json(value: &Value) -> Option<Self> {
            match value {
                Value::Array(items) => items.iter().map(String::of_json).collect(),
                one => String::of_json(one).map(|one| vec![one]),
            }
        }
    }

    impl Json for i64 {
        fn to_json(self) -> Value {
            self.into()
        }
        fn of_json(value: &Value) -> Option<Self> {
            value.as_i64()
        }
    }

    impl Json for f64 {
        /// JSON has no number for what is not finite; as text, the service refuses it.
        fn to_json(self) -> Value {
            serde_json::Number::from_f64(self)
                .map_or_else(|| self.to_string().into(), Value::Number)
        }
        fn of_json(value: &Value) -> Option<Self> {
            value.as_f64()
        }
    }

    impl Json for bool {
        fn to_json(self) -> Value {
            self.into()
        }
        fn of_json(value: &Value) -> Option<Self> {
            value.as_bool()
        }
    }

    impl Json for SystemTime {
        fn to_json(self) -> Value {
            super::rfc3339(self).into()
        }
        fn of_json(value: &Value) -> Option<Self> {
            super::parse_rfc3339(value.as_str()?)
        }
    }
}

impl SearchAttributeKey<String> {
    /// Text that is searched by its words.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, SearchAttributeType::Text)
    }

    /// Text that is searched as a whole.
    #[must_use]
    pub const fn keyword(name: &'static str) -> Self {
        Self::new(name, SearchAttributeType::Keyword)
    }
}

impl SearchAttributeKey<Vec<String>> {
    /// Several keywords.
    #[must_use]
    pub const fn keyword_list(name: &'static str) -> Self {
        Self::new(name, SearchAttributeType::KeywordList)
    }
}

impl SearchAttributeKey<i64> {
    /// A whole number.
    #[must_use]
    pub const fn int(name: &'static str) -> Self {
        Self::new(name, SearchAttributeType::Int)
    }
}

impl SearchAttributeKey<f64> {
    /// A number. What is not finite has no encoding, and the service refuses it.
    #[must_use]
    pub const fn double(name: &'static str) -> Self {
        Self::new(name, SearchAttributeType::Double)
    }
}

impl SearchAttributeKey<bool> {
    /// True or false.
    #[must_use]
    pub const fn bool(name: &'static str) -> Self {
        Self::new(name, SearchAttributeType::Bool)
    }
}

impl SearchAttributeKey<SystemTime> {
    /// A moment. Before 1970 is 1970.
    #[must_use]
    pub const fn datetime(name: &'static str) -> Self {
        Self::new(name, SearchAttributeType::Datetime)
    }
}

impl<T> SearchAttributeKey<T> {
    const fn new(name: &'static str, kind: SearchAttributeType) -> Self {
        Self {
            name,
            kind,
            value: PhantomData,
        }
    }

    /// The attribute's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The attribute's type.
    #[must_use]
    pub const fn kind(&self) -> SearchAttributeType {
        self.kind
    }

    /// Takes the attribute away.
    pub fn unset(&self) -> SearchAttributeUpdate {
        self.update(Value::Null)
    }

    fn update(&self, value: Value) -> SearchAttributeUpdate {
        // a JSON value always has a JSON form
        let payload = json_payload(&value).unwrap_or_default();
        SearchAttributeUpdate {
            name: self.name,
            payload: typed_payload(self.kind.as_str(), payload),
        }
    }
}

impl<T: SearchAttributeValue> SearchAttributeKey<T> {
    /// Gives the attribute a value.
    pub fn set(&self, value: impl Into<T>) -> SearchAttributeUpdate {
        self.update(value.into().to_json())
    }
}

impl<T> Clone for SearchAttributeKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SearchAttributeKey<T> {}

impl<T> fmt::Debug for SearchAttributeKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.name, self.kind)
    }
}

impl SearchAttributeType {
    /// As services and SDKs write it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Keyword => "Keyword",
            Self::Int => "Int",
            Self::Double => "Double",
            Self::Bool => "Bool",
            Self::Datetime => "Datetime",
            Self::KeywordList => "KeywordList",
        }
    }
}

impl SearchAttributes {
    /// The value of an attribute; `None` if it has none, or one of another type.
    #[must_use]
    pub fn get<T: SearchAttributeValue>(&self, key: &SearchAttributeKey<T>) -> Option<T> {
        let payload = self.0.get(key.name)?;
        let kind = payload.metadata.get("type");
        if kind.is_some_and(|kind| kind != key.kind.as_str()) {
            return None;
        }
        let value: Value = serde_json::from_slice(&payload.data).ok()?;
        // a list of one is taken for its only item (contract rule 131)
        match &value {
            Value::Array(items) if items.len() == 1 => {
                T::of_json(&value).or_else(|| T::of_json(&items[0]))
            }
            value => T::of_json(value),
        }
    }

    /// The names of all attributes that have a value, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn from_proto(proto: Option<Proto>) -> Self {
        Self(proto.unwrap_or_default().indexed_fields)
    }

    pub(crate) fn into_fields(self) -> BTreeMap<String, RawPayload> {
        self.0
    }

    /// The updates as one command carries them; of two for one name, the last.
    pub(crate) fn updates(
        updates: impl IntoIterator<Item = SearchAttributeUpdate>,
    ) -> BTreeMap<String, RawPayload> {
        let pair = |update: SearchAttributeUpdate| (update.name.to_owned(), update.payload);
        updates.into_iter().map(pair).collect()
    }

    /// What the attributes are once the service has taken a command.
    pub(crate) fn upsert(&mut self, fields: &BTreeMap<String, RawPayload>) {
        for (name, payload) in fields {
            // null, or an empty list, takes an attribute away (contract rule 131)
            if payload.data.is_empty() || &payload.data[..] == b"[]" {
                self.0.remove(name);
            } else {
                self.0.insert(name.clone(), payload.clone());
            }
        }
    }
}

/// For a message of the wire; `None` for no attributes at all.
pub(crate) fn to_proto(fields: &BTreeMap<String, RawPayload>) -> Option<Proto> {
    (!fields.is_empty()).then(|| Proto {
        indexed_fields: fields.clone(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(update: &SearchAttributeUpdate) -> (&str, &str, String) {
        let meta = |key: &str| std::str::from_utf8(&update.payload.metadata[key]).unwrap();
        let data = String::from_utf8_lossy(&update.payload.data).into_owned();
        (meta("encoding"), meta("type"), data)
    }

    #[test]
    fn values_are_written_as_the_other_sdks_write_them() {
        let json = "json/plain";
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let list = vec!["a".to_owned(), "b".to_owned()];
        for (update, expected) in [
            (
                SearchAttributeKey::text("t").set("some words"),
                (json, "Text", "\"some words\""),
            ),
            (
                SearchAttributeKey::keyword("k").set("blue"),
                (json, "Keyword", "\"blue\""),
            ),
            (SearchAttributeKey::int("i").set(42), (json, "Int", "42")),
            (
                SearchAttributeKey::double("d").set(2.5),
                (json, "Double", "2.5"),
            ),
            (
                SearchAttributeKey::double("d").set(f64::NAN),
                (json, "Double", "\"NaN\""),
            ),
            (
                SearchAttributeKey::bool("b").set(true),
                (json, "Bool", "true"),
            ),
            (
                SearchAttributeKey::datetime("m").set(moment),
                (json, "Datetime", "\"2026-01-02T03:04:05+00:00\""),
            ),
            (
                SearchAttributeKey::keyword_list("l").set(list),
                (json, "KeywordList", "[\"a\",\"b\"]"),
            ),
            (
                SearchAttributeKey::keyword("k").unset(),
                ("binary/null", "Keyword", ""),
            ),
        ] {
            let (encoding, kind, data) = text(&update);
            assert_eq!((encoding, kind, &*data), expected);
        }
    }

    #[test]
    fn what_was_set_is_read_with_the_key_of_its_type() {
        const COLOUR: SearchAttributeKey<String> = SearchAttributeKey::keyword("Colour");
        const SIZE: SearchAttributeKey<i64> = SearchAttributeKey::int("Size");
        const TAGS: SearchAttributeKey<Vec<String>> = SearchAttributeKey::keyword_list("Tags");
        const DUE: SearchAttributeKey<SystemTime> = SearchAttributeKey::datetime("Due");
        let due = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        let mut attributes = SearchAttributes::default();
        attributes.upsert(&SearchAttributes::updates([
            COLOUR.set("red"),
            SIZE.set(1),
            SIZE.set(2),
            TAGS.set(vec!["x".to_owned()]),
            DUE.set(due),
        ]));
        assert_eq!(attributes.get(&COLOUR).as_deref(), Some("red"));
        assert_eq!(attributes.get(&SIZE), Some(2), "the last of two");
        assert_eq!(attributes.get(&TAGS), Some(vec!["x".to_owned()]));
        assert_eq!(attributes.get(&DUE), Some(due));
        assert_eq!(attributes.get(&SearchAttributeKey::text("Colour")), None);
        assert_eq!(attributes.get(&SearchAttributeKey::int("Colour")), None);
        attributes.upsert(&SearchAttributes::updates([
            COLOUR.unset(),
            TAGS.set(Vec::<String>::new()),
        ]));
        let names: Vec<&str> = attributes.names().collect();
        assert_eq!(names, ["Due", "Size"]);
    }

    #[test]
    fn a_list_of_one_is_taken_for_its_item_and_an_item_for_a_list() {
        let attribute = |data: &'static [u8]| {
            let payload = RawPayload {
                data: data.into(),
                ..RawPayload::default()
            };
            SearchAttributes(BTreeMap::from([("N".to_owned(), payload)]))
        };
        let number = SearchAttributeKey::int("N");
        assert_eq!(attribute(b"[7]").get(&number), Some(7));
        assert_eq!(attribute(b"[7,8]").get(&number), None);
        assert_eq!(attribute(b"{").get(&number), None);
        let list = SearchAttributeKey::keyword_list("N");
        assert_eq!(attribute(b"\"a\"").get(&list), Some(vec!["a".to_owned()]));
    }
}
