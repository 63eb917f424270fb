//! What the programs of this package share. The tests are in its one integration binary, `tests/all`.

pub mod certificates;
pub mod twins;
