//! Registrations that no worker may start with. Only the tests of those errors look below here.

pub(crate) mod twice {
    use temporal_runtime::prelude::*;

    #[activity(name = "charge_card", start_to_close = "30s")]
    async fn charge(cents: u64) -> Result<u64> {
        Ok(cents)
    }

    #[activity(name = "charge_card", start_to_close = "30s")]
    async fn charge_again(cents: u64) -> Result<u64> {
        Ok(cents)
    }
}

pub(crate) mod needy {
    use temporal_runtime::prelude::*;

    pub(crate) struct Warehouse;

    #[activity(start_to_close = "30s")]
    async fn store(_warehouse: &Warehouse, item: String) -> Result<String> {
        Ok(item)
    }
}

pub(crate) mod two_dynamic {
    use temporal_runtime::{RawValue, prelude::*};

    #[workflow(dynamic)]
    async fn anything(_wf: &mut Wf, _name: String, args: Vec<RawValue>) -> Result<usize> {
        Ok(args.len())
    }

    #[workflow(dynamic)]
    async fn anything_else(_wf: &mut Wf, _name: String, args: Vec<RawValue>) -> Result<usize> {
        Ok(args.len())
    }

    #[activity(dynamic)]
    async fn any_activity(_name: String, args: Vec<RawValue>) -> Result<usize> {
        Ok(args.len())
    }

    #[activity(dynamic)]
    async fn any_other_activity(_name: String, args: Vec<RawValue>) -> Result<usize> {
        Ok(args.len())
    }
}
