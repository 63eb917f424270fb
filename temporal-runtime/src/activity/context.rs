//! What activity code sees of its attempt, and where injected values come from.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::Arc,
};

use serde::Serialize;

/// The attempt that runs: ask for it with a `&ActivityContext` parameter.
#[derive(Debug)]
pub struct ActivityContext {}

impl ActivityContext {
    /// A context without a worker, for unit tests of activities.
    #[must_use]
    pub fn for_test() -> Self {
        Self {}
    }

    /// Tells the service that the attempt is alive, with details that the next attempt can read.
    pub fn heartbeat(&self, _details: impl Serialize) {}
}

/// Values that activities share, by type.
pub(crate) type StateMap = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

/// One call of an activity: where its `&T` parameters come from.
#[derive(Clone)]
pub struct Invocation {
    pub(crate) state: Arc<StateMap>,
    pub(crate) context: Arc<ActivityContext>,
}

impl std::fmt::Debug for Invocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invocation")
    }
}

impl Invocation {
    /// The activity context, or a value given to the `App`.
    ///
    /// # Panics
    /// The value is missing; start-up checks for that.
    #[must_use]
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Arc<T> {
        let context: &dyn Any = &self.context;
        if let Some(context) = context.downcast_ref::<Arc<T>>() {
            return context.clone();
        }
        self.state
            .get(&TypeId::of::<T>())
            .and_then(|any| any.downcast_ref::<Arc<T>>())
            .cloned()
            .unwrap_or_else(|| {
                panic!(
                    "no value of type `{}` was given to the App",
                    type_name::<T>()
                )
            })
    }
}
