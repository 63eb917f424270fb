//! The line of changes, and the file that they end in.

#[cfg(feature = "sqlite")]
mod damage;
#[cfg(feature = "sqlite")]
mod file;
mod line;
