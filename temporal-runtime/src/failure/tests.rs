//! Errors become failures and come back.

use std::fmt;

use super::*;

#[derive(Debug)]
struct OutOfStock {
    shelf: Shelf,
}

#[derive(Debug)]
struct Shelf;

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of stock")
    }
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shelf is empty")
    }
}

impl StdError for OutOfStock {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.shelf)
    }
}

impl StdError for Shelf {}

fn returned<E: Into<crate::error::BoxError>>(error: E) -> Failure {
    let result: Result<(), E> = Err(error);
    let returned = crate::error::Returns::into_result(result).expect_err("it is an error");
    Failure::from_proto(returned.to_proto())
}

#[test]
fn an_error_of_the_users_keeps_its_type_and_causes() {
    let failure = returned(OutOfStock { shelf: Shelf });
    assert_eq!(failure.kind(), FailureKind::Application);
    assert_eq!(
        (failure.message(), failure.error_type()),
        ("out of stock", Some("OutOfStock"))
    );
    assert_eq!(
        failure.cause().map(Failure::message),
        Some("the shelf is empty")
    );
    assert!(!failure.is_non_retryable());
}

#[test]
fn an_error_from_text_has_no_type() {
    let failure = returned(Error::msg("too much"));
    assert_eq!(
        (failure.message(), failure.error_type(), failure.cause()),
        ("too much", Some(""), None)
    );
}

#[test]
fn an_error_around_a_foreign_one_says_it_once() {
    let foreign = "x".parse::<u32>().expect_err("no number");
    let text = foreign.to_string();
    let failure = returned(Error::from(foreign));
    assert_eq!((failure.message(), failure.cause()), (text.as_str(), None));
}

#[test]
fn an_application_error_keeps_everything() {
    let error = ApplicationError::new("no")
        .error_type("Refused")
        .non_retryable()
        .next_retry_delay(Duration::from_secs(7))
        .detail(5u32)
        .expect("a number has an encoding")
        .cause(Shelf);
    let failure = returned(error);
    assert_eq!(
        (failure.message(), failure.error_type()),
        ("no", Some("Refused"))
    );
    assert!(failure.is_non_retryable());
    assert_eq!(failure.next_retry_delay(), Some(Duration::from_secs(7)));
    assert_eq!(failure.details()[0].decode::<u32>().ok(), Some(5));
    assert_eq!(
        failure.cause().map(Failure::message),
        Some("the shelf is empty")
    );
}

#[test]
fn the_first_of_our_own_in_the_chain_decides() {
    #[derive(Debug)]
    struct Wrapper(Error);
    impl fmt::Display for Wrapper {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("wrapped")
        }
    }
    impl StdError for Wrapper {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }
    let inner = Error::from(ApplicationError::new("inner").error_type("Inner"));
    let failure = returned(Wrapper(inner));
    assert_eq!(
        (failure.message(), failure.error_type()),
        ("inner", Some("Inner"))
    );
    let cancelled =
        Error::new(ErrorKind::Cancelled, "timer cancelled").with_source(Cancelled("asked".into()));
    assert!(crate::error::is_cancelled(&Wrapper(cancelled)));
}

#[test]
fn a_failure_goes_through_unchanged() {
    let mut proto = canceled("stop");
    proto.cause = Some(Box::new(task_failure("why", None)));
    let failure = Failure::from_proto(proto.clone());
    assert_eq!(failure.to_proto(), proto);
    let error = Error::new(ErrorKind::Activity, "activity `x` failed").with_source(failure);
    assert!(error.is_cancelled());
    assert_eq!(error_to_proto(&error, None), proto);
    assert_eq!(error.failure().map(Failure::message), Some("stop"));
}

#[test]
fn text_and_boxes_convert() {
    assert_eq!(returned("plain text").message(), "plain text");
    assert_eq!(returned(String::from("text")).message(), "text");
    let boxed: Box<dyn StdError + Send + Sync> = Box::new(Shelf);
    assert_eq!(returned(boxed).message(), "the shelf is empty");
}
