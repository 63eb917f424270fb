//! Tests of workflows and activities: each environment has a service, a clock, a task queue, workers and a client of
//! its own, so tests do not disturb each other.
//!
//! ```
//! use temporal_runtime::prelude::*;
//! use temporal_runtime::testing::TestEnvironment;
//!
//! #[workflow]
//! async fn patient(wf: &mut Wf) -> Result<String> {
//!     wf.sleep(Duration::from_secs(365 * 24 * 3600)).await?;
//!     Ok("a year has passed".into())
//! }
//!
//! # mod t { use super::*;
//! #[temporal_runtime::test]
//! async fn a_year_passes_at_once(env: TestEnvironment) -> Result<()> {
//!     assert_eq!(env.client().execute(patient::with()).await?, "a year has passed");
//!     Ok(())
//! }
//! # }
//! # fn main() {}
//! ```

mod environment;
mod mock;
mod run;
mod target;

pub use self::environment::TestEnvironment;
pub use self::mock::{Answers, MockActivity};
pub use self::run::block_on;
#[doc(hidden)]
pub use self::run::run_test;
