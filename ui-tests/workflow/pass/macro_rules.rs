//! Definitions that a `macro_rules!` writes.

use temporal_runtime::prelude::*;

macro_rules! define {
    ($name:ident, $handle:ident, $activity:ident, $ty:ty, $constant:expr, $body:block) => {
        #[workflow]
        #[derive(Default)]
        struct $name {
            n: $ty,
        }

        #[workflow]
        impl $name {
            #[run]
            async fn run(wf: &mut Wf<Self>, value: $ty) -> Result<$ty> {
                wf.n = wf.execute($activity::with(value)).await?;
                Ok(wf.n)
            }

            #[query]
            fn n(&self) -> $ty {
                self.n + $constant
            }
        }

        #[activity(start_to_close = "1s")]
        async fn $activity(_value: $ty) -> Result<$ty> $body

        async fn caller(handle: &$handle) -> Result<$ty> {
            handle.n().await
        }
    };
}

define!(Written, WrittenHandle, written, u32, 1, { Ok(1) });

macro_rules! pass_on {
    ($item:item) => {
        $item
    };
}

pass_on! {
    #[activity(start_to_close = "1s")]
    fn passed_on(text: String) -> Result<String> {
        Ok(text)
    }
}

#[test]
fn they_are_registered() {
    assert_eq!(crate::names(crate::workflow("Written").queries), ["n"]);
    assert_eq!(crate::activity("passed_on").args, ["text: String"]);
    let _ = (caller, written);
}
