//! An activity that ends elsewhere.

use std::fmt;

use crate::error::{BoxError, Error, chain};

/// What an activity returns as its error to be left open: the function ends, the activity does not. Somebody else ends
/// it, with the task token or the ids of the attempt, through
/// [`Client::async_activity`](crate::Client::async_activity) or from another SDK. Its timeouts go on.
///
/// ```
/// use temporal_runtime::{CompleteAsync, prelude::*};
///
/// # async fn send_to_reviewer(token: Vec<u8>, text: String) -> Result<()> { Ok(()) }
/// #[activity(start_to_close = "24h")]
/// async fn review(ctx: &ActivityContext, text: String) -> Result<String> {
///     send_to_reviewer(ctx.info().task_token.clone(), text).await?;
///     Err(CompleteAsync.into())
/// }
/// ```
///
/// A local activity cannot be left open: there it is an error like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompleteAsync;

impl fmt::Display for CompleteAsync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the activity is completed elsewhere")
    }
}

impl std::error::Error for CompleteAsync {}

impl From<CompleteAsync> for Error {
    fn from(error: CompleteAsync) -> Self {
        let error: BoxError = Box::new(error);
        error.into()
    }
}

impl CompleteAsync {
    /// Whether an error says so, whatever wraps it.
    pub(crate) fn is_in(error: &(dyn std::error::Error + 'static)) -> bool {
        chain(error).any(|e| e.is::<Self>())
    }
}
