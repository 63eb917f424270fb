//! Nothing lives here: this package exists for its one integration binary, `tests/all`.
