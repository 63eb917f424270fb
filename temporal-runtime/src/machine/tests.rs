//! Machine tests: history in, jobs and commands out.
