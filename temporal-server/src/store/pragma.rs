//! What may be set of SQLite from outside: the two pragmas of the real development server, with the values that a crash
//! of the process cannot turn into a damaged file.

/// A pragma of SQLite and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pragma {
    name: &'static str,
    value: &'static str,
}

/// What is taken: the values of each pragma, by name or number.
const KNOWN: [(&str, &[(&str, &str)]); 2] = [
    (
        "journal_mode",
        &[
            ("wal", "wal"),
            ("delete", "delete"),
            ("truncate", "truncate"),
            ("persist", "persist"),
        ],
    ),
    (
        "synchronous",
        &[
            ("off", "0"),
            ("0", "0"),
            ("normal", "1"),
            ("1", "1"),
            ("full", "2"),
            ("2", "2"),
            ("extra", "3"),
            ("3", "3"),
        ],
    ),
];

impl Pragma {
    /// Reads `NAME=VALUE`; the error says what is taken.
    pub fn parse(text: &str) -> Result<Self, String> {
        let taken = "take journal_mode=wal, delete, truncate or persist, or synchronous=off, normal, full or extra";
        let find = || {
            let (name, value) = text.split_once('=')?;
            let is_named = |(known, _): &&(&str, _)| name.trim().eq_ignore_ascii_case(known);
            let (name, values) = KNOWN.iter().find(is_named)?;
            let value = value.trim();
            let (_, value) = values.iter().find(|(v, _)| value.eq_ignore_ascii_case(v))?;
            Some(Self { name, value })
        };
        find().ok_or_else(|| format!("{text}: {taken}"))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Its value, as SQLite answers it.
    pub fn value(&self) -> &str {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pragmas_are_read_in_any_case_and_by_number() {
        let read = |text| Pragma::parse(text).map(|p| (p.name, p.value));
        assert_eq!(read("journal_mode=WAL"), Ok(("journal_mode", "wal")));
        assert_eq!(read("Synchronous = normal"), Ok(("synchronous", "1")));
        assert_eq!(read("synchronous=3"), Ok(("synchronous", "3")));
    }

    #[test]
    fn others_and_what_a_crash_would_break_are_refused() {
        for text in [
            "journal_mode",
            "journal_mode=memory",
            "journal_mode=off",
            "synchronous=4",
            "foreign_keys=on",
            "",
        ] {
            let error = Pragma::parse(text).unwrap_err();
            assert!(error.contains("take journal_mode=wal"), "{error}");
        }
    }
}
