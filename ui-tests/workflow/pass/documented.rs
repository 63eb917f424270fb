//! What is generated in public is documented, and goes with the visibility of what it stands for.

use temporal_runtime::prelude::*;

/// A public activity.
///
/// # Errors
/// None.
#[activity(start_to_close = "1s")]
pub async fn public_activity(text: String) -> Result<String> {
    Ok(text)
}

/// A public workflow.
#[workflow]
#[derive(Default, Debug)]
pub struct Public {
    n: u32,
}

#[workflow]
impl Public {
    /// Runs.
    ///
    /// # Errors
    /// None.
    #[run]
    pub async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }

    /// Sets.
    #[signal]
    pub fn set(&mut self, n: u32) {
        self.n = n;
    }
}

/// A public function workflow.
///
/// # Errors
/// None.
#[workflow]
pub async fn public_function(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(1)).await
}

#[test]
fn handles_are_as_public_as_their_workflow() {
    fn is_public<T: Clone + std::fmt::Debug>() {}
    is_public::<PublicHandle>();
    is_public::<PublicFunctionHandle>();
    assert_eq!(crate::workflow("Public").doc, "Runs.\n\n# Errors\nNone.");
}
