//! The arguments of one call, taken one by one and named in errors.

use temporal_protos::common::Payload as RawPayload;

use super::{RawValue, raw};
use crate::error::{Error, ErrorKind, Result};

/// What dynamic workflows and activities take: the name that was asked for, which the runtime puts first, and the values
/// as they came.
///
/// # Errors
/// There is no name, which is a bug of ours.
pub fn dynamic(payloads: Vec<RawPayload>) -> Result<(String, Vec<RawValue>)> {
    let mut payloads = payloads.into_iter();
    let name = super::decode(payloads.next().unwrap_or_default())?;
    Ok((name, payloads.map(RawValue::new).collect()))
}

/// The arguments of one call. Too many are an error at once; a missing one is `null`, which only optional ones accept.
pub struct Arguments {
    /// Who takes them, such as "workflow `Checkout`".
    what: &'static str,
    names: &'static [&'static str],
    values: std::vec::IntoIter<RawPayload>,
    sent: usize,
    taken: usize,
}

impl Arguments {
    /// `names` are "name: Type", as they are shown to people.
    ///
    /// # Errors
    /// More arguments than names.
    pub fn new(
        what: &'static str,
        names: &'static [&'static str],
        values: Vec<RawPayload>,
    ) -> Result<Self> {
        if values.len() > names.len() {
            return Err(Error::new(
                ErrorKind::Payload,
                format!(
                    "{what} takes {} but {} were sent",
                    count(names),
                    values.len()
                ),
            ));
        }
        Ok(Self {
            what,
            names,
            sent: values.len(),
            values: values.into_iter(),
            taken: 0,
        })
    }

    /// The next argument.
    ///
    /// # Errors
    /// It is missing, or is of another type.
    pub fn take<T>(&mut self, decode: fn(RawPayload) -> Result<T>) -> Result<T> {
        let name = self.names.get(self.taken).copied().unwrap_or("argument");
        self.taken += 1;
        let value = self.values.next();
        let missing = value.is_none();
        decode(value.unwrap_or_else(|| raw::payload(super::NULL, bytes::Bytes::new()))).map_err(
            |error| {
                let message = if missing {
                    format!(
                        "{} takes {} but {} were sent: `{name}` is missing",
                        self.what,
                        count(self.names),
                        self.sent
                    )
                } else {
                    format!(
                        "argument {} of {} (`{name}`) cannot be decoded",
                        self.taken, self.what
                    )
                };
                Error::new(ErrorKind::Payload, message).with_source(error)
            },
        )
    }
}

fn count(names: &[&str]) -> String {
    match names {
        [] => "no argument".to_owned(),
        [one] => format!("1 argument (`{one}`)"),
        many => format!("{} arguments (`{}`)", many.len(), many.join("`, `")),
    }
}
