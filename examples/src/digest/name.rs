//! File names travel without loss, and are printed as `sha256sum` prints them.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// A name below the folder. Text where it is text, bytes where it is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FileName {
    /// A name in UTF-8.
    Text(String),
    /// Any other name.
    Bytes(Vec<u8>),
}

impl FileName {
    /// The name of a path below the folder.
    #[must_use]
    pub fn new(relative: &Path) -> Self {
        match relative.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(relative.as_os_str().as_encoded_bytes().to_vec()),
        }
    }

    /// The path of this name in a folder.
    #[must_use]
    pub fn in_folder(&self, folder: &Path) -> PathBuf {
        match self {
            Self::Text(text) => folder.join(text),
            Self::Bytes(bytes) => folder.join(os_string(bytes)),
        }
    }

    /// The name's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// A line as `sha256sum` writes it: a name with a line break or a backslash is escaped, and its line begins with a
    /// backslash.
    #[must_use]
    pub fn line(&self, digest: &str) -> Vec<u8> {
        let name = self.as_bytes();
        let odd = name.iter().any(|b| matches!(b, b'\\' | b'\n' | b'\r'));
        let mut line = Vec::with_capacity(name.len() + digest.len() + 4);
        if odd {
            line.push(b'\\');
        }
        line.extend_from_slice(digest.as_bytes());
        line.extend_from_slice(b"  ");
        for byte in name {
            match byte {
                b'\\' => line.extend_from_slice(b"\\\\"),
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                other => line.push(*other),
            }
        }
        line.push(b'\n');
        line
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            &String::from_utf8_lossy(self.as_bytes())
                .escape_debug()
                .to_string(),
        )
    }
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> std::ffi::OsString {
    // elsewhere a name that is no text cannot come from the listing of another machine
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_written_as_sha256sum_writes_them() {
        assert_eq!(FileName::Text("a b".into()).line("00"), b"00  a b\n");
        assert_eq!(
            FileName::Text("a\nb\\c".into()).line("00"),
            b"\\00  a\\nb\\\\c\n"
        );
    }

    #[test]
    fn a_name_that_is_no_text_travels_without_loss() {
        let name = FileName::Bytes(vec![b'x', 0xff]);
        let json = serde_json_of(&name);
        assert_eq!(json, "[120,255]");
    }

    fn serde_json_of(name: &FileName) -> String {
        let value = temporal_runtime::RawValue::encode(name.clone()).expect("it has a JSON form");
        String::from_utf8_lossy(value.data()).into_owned()
    }
}
