//! Everything at once: workflows on workers, against a service of their own, through a client.
//!
//! Each test runs twice, the second time with workers that keep no run in memory between its tasks: then every task
//! replays. With `TEMPORAL_TEST_ADDRESS` set, the tests that need no skipped time run against that service.

mod activities;
mod activity_options;
mod answers;
mod arguments;
mod async_completion;
mod attributes;
mod bad_input;
mod basics;
mod cancellation;
mod chains;
mod child_options;
mod children;
mod clients;
mod codec;
mod contexts;
mod continue_as_new;
mod cut_off;
mod declared;
mod encrypted;
mod endings;
mod external;
mod extremes;
mod failures;
mod faults;
mod fleets;
mod groups;
mod handlers;
mod headers;
mod inherited;
mod interceptors;
mod limits;
mod local_activities;
mod local_limits;
mod logs;
mod lost;
mod messages;
mod mocks;
mod names;
mod patches;
mod prefixes;
mod raw;
mod refusals;
mod resets;
mod retries;
mod same_id;
mod set_handlers;
mod set_tasks;
mod shared_options;
mod sizes;
mod starts;
mod suggestions;
mod timers;
mod worker_lists;
mod world;

/// Tests on a clock that skips, whatever `TEMPORAL_TEST_ADDRESS` says.
macro_rules! on_a_skipping_clock {
    ($($(#[$meta:meta])* async fn $name:ident($env:ident) $body:block)*) => {
        $crate::end_to_end::twice! { Clock::Skipping; $($(#[$meta])* async fn $name($env) $body)* }
    };
}

/// Tests that do without skipped time.
macro_rules! end_to_end {
    ($($(#[$meta:meta])* async fn $name:ident($env:ident) $body:block)*) => {
        $crate::end_to_end::twice! { Clock::Any; $($(#[$meta])* async fn $name($env) $body)* }
    };
}

macro_rules! twice {
    ($clock:expr; $($(#[$meta:meta])* async fn $name:ident($env:ident) $body:block)*) => { $(
        mod $name {
            use super::*;
            use $crate::end_to_end::world::{Cache, Clock, run};

            $(#[$meta])*
            async fn test($env: temporal_runtime::testing::TestEnvironment) -> Result<()> {
                $body
                Ok(())
            }

            #[test]
            fn cached() -> Result<()> {
                run($clock, Cache::Default, test)
            }

            #[test]
            fn without_cache() -> Result<()> {
                run($clock, Cache::Off, test)
            }
        }
    )* };
}

use {end_to_end, on_a_skipping_clock, twice};
