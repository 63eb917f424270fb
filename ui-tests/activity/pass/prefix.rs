//! Names of a group: with the prefix of the block, or one of their own.

use temporal_runtime::__private::ActivityDef;
use temporal_runtime::{RawValue, prelude::*};

struct Desk;

#[activity(name_prefix = "Desk/", start_to_close = "1s")]
impl Desk {
    #[activity]
    async fn open(&self) -> Result<()> {
        Ok(())
    }

    #[activity]
    async fn r#move(&self, to: String) -> Result<String> {
        Ok(to)
    }

    #[activity(name = "CloseDesk")]
    async fn close(&self) -> Result<()> {
        Ok(())
    }

    #[activity(dynamic, task_queue = "desks")]
    async fn other(&self, name: String, _args: Vec<RawValue>) -> Result<String> {
        Ok(name)
    }
}

fn name_of<A: ActivityDef>(_: &temporal_runtime::ActivityCall<A>) -> &'static str {
    A::NAME
}

#[test]
fn the_prefix_stands_before_names_that_are_not_given() {
    assert_eq!(name_of(&Desk::open_with()), "Desk/open");
    assert_eq!(name_of(&Desk::move_with("window")), "Desk/move");
    assert_eq!(name_of(&Desk::close_with()), "CloseDesk");
    for name in ["Desk/open", "Desk/move", "CloseDesk"] {
        assert_eq!(crate::activity(name).name, name);
    }
    assert!(crate::find_activity("Desk/close").is_none());
}
