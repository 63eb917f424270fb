//! Awaits beside the workflow's own: combinators that follow the order of events are fine, whatever they do with wakers;
//! a wait for anything else fails the task at the first suspension in which no wait of the workflow is open.

use std::{
    future::{Future, pending, poll_fn, ready},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use super::{Driver, HOUR};
use crate::prelude::*;

type Boxed<'a> = Pin<Box<dyn Future<Output = String> + Send + 'a>>;

/// A child's waker, as `FuturesUnordered` has it: only what was woken is polled again.
struct ChildWaker {
    woken: AtomicBool,
    parent: Waker,
}

impl Wake for ChildWaker {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Relaxed);
        self.parent.wake_by_ref();
    }
}

/// Waits for all, with a waker for each.
async fn join_all(mut futures: Vec<Boxed<'_>>) -> Vec<String> {
    let mut done: Vec<Option<String>> = vec![None; futures.len()];
    let mut wakers: Vec<Option<Arc<ChildWaker>>> = vec![None; futures.len()];
    poll_fn(move |cx: &mut Context<'_>| {
        for (at, future) in futures.iter_mut().enumerate() {
            let waker = wakers[at].get_or_insert_with(|| {
                Arc::new(ChildWaker {
                    woken: AtomicBool::new(true),
                    parent: cx.waker().clone(),
                })
            });
            if done[at].is_none() && waker.woken.swap(false, Ordering::Relaxed) {
                let waker = Waker::from(waker.clone());
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    done[at] = Some(value);
                }
            }
        }
        if done.iter().all(Option::is_some) {
            return Poll::Ready(done.iter_mut().filter_map(Option::take).collect());
        }
        Poll::Pending
    })
    .await
}

/// The first to end, in the order of the list.
async fn select_all(mut futures: Vec<Boxed<'_>>) -> String {
    poll_fn(move |cx| {
        for future in &mut futures {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(value);
            }
        }
        Poll::Pending
    })
    .await
}

/// Gives way a few times, as combinators do so as not to starve others.
async fn gives_way() -> String {
    let mut left = 5;
    poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready("gave way".to_owned());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

async fn sleeps<W: Send + 'static>(wf: &mut Wf<W>) -> String {
    match wf.sleep(HOUR).await {
        Ok(()) => "slept".to_owned(),
        Err(error) => error.to_string(),
    }
}

async fn spins() -> String {
    poll_fn(|cx: &mut Context<'_>| {
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[workflow]
async fn combines(wf: &mut Wf, how: String) -> Result<String> {
    let ready = || -> Boxed<'static> { Box::pin(ready("ready".to_owned())) };
    let foreign = || -> Boxed<'static> { Box::pin(pending()) };
    Ok(match how.as_str() {
        "ready" => join_all(vec![ready(), ready(), ready()]).await.join(" "),
        "gives way" => gives_way().await,
        "gives way in a join" => {
            let all = vec![ready(), Box::pin(gives_way())];
            join_all(all).await.join(" ")
        }
        "joins a wait" => {
            let all = vec![ready(), Box::pin(sleeps(wf)), Box::pin(gives_way())];
            join_all(all).await.join(" ")
        }
        "selects a wait" => select_all(vec![Box::pin(sleeps(wf)), foreign()]).await,
        "selects" => select_all(vec![foreign(), ready()]).await,
        "waits" => foreign().await,
        "joins" => join_all(vec![ready(), foreign()]).await.join(" "),
        "spins" => spins().await,
        "joins both" => {
            let all = vec![Box::pin(sleeps(wf)) as Boxed<'_>, foreign()];
            join_all(all).await.join(" ")
        }
        other => panic!("nobody knows how to {other}"),
    })
}

fn combining(how: &str) -> Driver {
    Driver::start_without_task("combines", super::args([how]))
}

#[test]
fn what_follows_the_order_of_events_is_fine() {
    for (how, result) in [
        ("ready", "ready ready ready"),
        ("gives way", "gave way"),
        ("gives way in a join", "ready gave way"),
        ("selects", "ready"),
    ] {
        assert_eq!(combining(how).task(), [format!("complete \"{result}\"")]);
    }
    for (how, result) in [
        ("joins a wait", "ready slept gave way"),
        ("selects a wait", "slept"),
    ] {
        let mut run = combining(how);
        assert_eq!(run.task(), ["start timer 1 3600s"], "{how}");
        run.fire("1");
        assert_eq!(run.task(), [format!("complete \"{result}\"")], "{how}");
    }
}

#[test]
fn what_waits_for_anything_else_fails_the_task() {
    let text = "is suspended in an `.await` that is not one of its own operations";
    for how in ["waits", "joins", "spins"] {
        let message = combining(how).failing_task();
        assert!(message.contains(text), "{how}: {message}");
    }
    // as long as a wait of its own is open, the task may well go on by that
    let mut run = combining("joins both");
    assert_eq!(run.task(), ["start timer 1 3600s"]);
    run.fire("1");
    let message = run.failing_task();
    assert!(message.contains(text), "{message}");
}
