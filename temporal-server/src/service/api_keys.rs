//! The keys that calls over the network must carry now: those that were given for good, and those of a file, which is
//! looked at with each call. Never shows one, and logs none.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::api_key::ApiKey;

/// A file system may give two changes within this time the same date.
const GRAIN: Duration = Duration::from_secs(2);

/// Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct ApiKeys {
    given: Arc<[ApiKey]>,
    file: Option<Arc<KeyFile>>,
}

struct KeyFile {
    path: PathBuf,
    now: Mutex<Now>,
}

struct Now {
    /// The file's date and length when it was read.
    seen: Option<(SystemTime, u64)>,
    /// Whether a change since must show in them.
    settled: bool,
    /// What was found last, whether it can be used or not.
    found: Result<String, String>,
    /// In use: the last ones that could be.
    keys: Vec<ApiKey>,
}

impl ApiKeys {
    /// The error says what is wrong with the file.
    pub(crate) fn new(given: Vec<ApiKey>, file: Option<&Path>) -> Result<Self, String> {
        let file = file.map(KeyFile::new).transpose()?;
        Ok(Self {
            given: given.into(),
            file: file.map(Arc::new),
        })
    }

    /// Whether everybody may call.
    pub(super) fn are_none(&self) -> bool {
        self.given.is_empty() && self.file.is_none()
    }

    /// Whether this is one of them. All are compared, so that the time tells nothing.
    pub(super) fn match_one(&self, given: &[u8]) -> bool {
        let any = |keys: &[ApiKey]| {
            keys.iter()
                .fold(false, |found, key| found | key.matches(given))
        };
        let of_file = self.file.as_ref().is_some_and(|file| any(&file.now().keys));
        any(&self.given) | of_file
    }
}

impl KeyFile {
    fn new(path: &Path) -> Result<Self, String> {
        let seen = stamp(path);
        let found = text(path);
        let keys = found.clone().and_then(|text| keys(&text))?;
        Ok(Self {
            path: path.into(),
            now: Mutex::new(Now {
                settled: is_settled(seen),
                seen,
                found,
                keys,
            }),
        })
    }

    /// Asks for the file's date, which is little beside a call, and reads it if it may have changed.
    fn now(&self) -> MutexGuard<'_, Now> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: who read earlier must not put back what was replaced since.
        let seen = stamp(&self.path);
        if seen.is_some() && seen == now.seen && now.settled {
            return now;
        }
        (now.seen, now.settled) = (seen, is_settled(seen));
        let found = text(&self.path);
        if found != now.found {
            match found.clone().and_then(|text| keys(&text)) {
                Ok(keys) => {
                    tracing::info!(keys = keys.len(), "the API keys have changed");
                    now.keys = keys;
                }
                Err(reason) => tracing::warn!(
                    file = %self.path.display(),
                    %reason,
                    "the file of API keys has changed and cannot be used; the keys that it had stay in use"
                ),
            }
            now.found = found;
        }
        now
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyFile").field(&self.path).finish()
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn is_settled(stamp: Option<(SystemTime, u64)>) -> bool {
    stamp.is_some_and(|(modified, _)| modified.elapsed().is_ok_and(|age| age > GRAIN))
}

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// One a line; lines that are empty or begin with `#` are for people.
fn keys(text: &str) -> Result<Vec<ApiKey>, String> {
    let keys: Vec<ApiKey> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(ApiKey::new)
        .collect();
    if keys.is_empty() {
        return Err("there is no key in the file".into());
    }
    match keys.iter().position(|key| !key.is_sendable()) {
        Some(place) => Err(format!(
            "key {} has characters that a header cannot carry: take visible ASCII without spaces",
            place + 1
        )),
        None => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that goes with its owner.
    struct File(PathBuf);

    impl File {
        fn new(text: &str) -> Self {
            let name = format!("temporal-server-keys-{}", uuid::Uuid::new_v4());
            let file = Self(std::env::temp_dir().join(name));
            file.write(text);
            file
        }

        fn write(&self, text: &str) {
            std::fs::write(&self.0, text).unwrap();
        }

        /// As if it had been written so long ago.
        fn age(&self, by: Duration) {
            let file = std::fs::File::options().write(true).open(&self.0).unwrap();
            file.set_modified(SystemTime::now() - by).unwrap();
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            // The system clears it in the end.
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn keys_stand_one_a_line() {
        assert_eq!(keys("# since May\none\n\n  two \r\n").unwrap().len(), 2);
        assert!(keys("\n# none\n").unwrap_err().contains("no key"));
        let refused = keys("one\nschlüssel\n").unwrap_err();
        assert!(refused.starts_with("key 2 ") && !refused.contains("schl"));
    }

    #[test]
    fn a_file_that_changes_changes_the_keys_and_one_that_cannot_be_used_does_not() {
        let file = File::new("one\n");
        let own = ApiKey::new("own");
        let keys = ApiKeys::new(vec![own], Some(&file.0)).unwrap();
        let known = |expected: [&str; 2]| {
            let all = ["own", "one", "two", "six"];
            let found = all.map(|key| keys.match_one(key.as_bytes()));
            assert_eq!(found, all.map(|key| expected.contains(&key)));
        };
        known(["own", "one"]);
        // As long, and within the same moment.
        file.write("two\n");
        known(["own", "two"]);
        for bad in ["", "# none\n", "t w\n"] {
            file.write(bad);
            known(["own", "two"]);
        }
        std::fs::remove_file(&file.0).unwrap();
        known(["own", "two"]);
        file.write("six\n");
        known(["own", "six"]);
    }

    #[test]
    fn a_file_that_has_been_there_for_a_while_is_read_by_its_date() {
        let file = File::new("one\n");
        file.age(Duration::from_secs(60));
        let keys = ApiKeys::new(Vec::new(), Some(&file.0)).unwrap();
        let read = || keys.file.as_ref().unwrap().now().settled;
        assert!(keys.match_one(b"one") && read());
        file.write("two\n");
        assert!(keys.match_one(b"two") && !keys.match_one(b"one") && !read());
        // An older file, put back.
        file.write("one\n");
        file.age(Duration::from_secs(3600));
        assert!(keys.match_one(b"one") && read());
        assert!(!format!("{keys:?}").contains("one"));
    }
}
