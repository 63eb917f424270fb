#[workflow(inherits(Pausable, shared::Named))]
struct Download;
