//! The line of changes, and the file that they end in.

#[cfg(feature = "sqlite")]
mod damage;
#[cfg(feature = "sqlite")]
mod file;
#[cfg(feature = "sqlite")]
mod inspection;
mod line;
