//! The integration tests of the workspace, in one binary: it links once, and every test sees the same workflows.

mod dynamic;
mod end_to_end;
mod features;
mod handle_names;
mod histories;
mod misregistered;
mod readme;
mod reserved_names;
mod rules;
#[cfg(unix)]
mod second_signal;
mod tidy;
