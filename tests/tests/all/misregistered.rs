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
