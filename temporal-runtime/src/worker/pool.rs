//! The threads on which workflow code runs: ours, so that code which does not give its thread back keeps neither the
//! async runtime nor other runs waiting. Never knows what it runs, nor how long that may take.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::oneshot;

use super::deadlock::Watch;

/// Threads that run one job after another. They start when there is work, and end when this is dropped.
#[derive(Debug)]
pub(crate) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    size: usize,
    queue: Mutex<Queue>,
    work: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Threads that count: those that are stuck do not.
    threads: usize,
    idle: usize,
    closed: bool,
}

/// What a thread calls; it tells whether the thread still counts afterwards.
type Job = Box<dyn FnOnce() -> bool + Send>;

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} jobs, {} threads", self.jobs.len(), self.threads)
    }
}

impl Pool {
    /// A pool of so many threads, at least one.
    pub(crate) fn new(size: usize) -> Self {
        Self(Arc::new(Shared {
            size: size.max(1),
            queue: Mutex::default(),
            work: Condvar::new(),
        }))
    }

    /// A pool without threads: work is done where it is asked for. For tests that decide themselves who goes next.
    #[cfg(test)]
    pub(crate) fn on_the_spot() -> Self {
        Self(Arc::new(Shared {
            size: 0,
            queue: Mutex::default(),
            work: Condvar::new(),
        }))
    }

    /// Queues work; its result arrives unless `watch` was written off by then. The receiver fails if no thread could
    /// be started.
    pub(super) fn run<T: Send + 'static>(
        &self,
        watch: Arc<Watch>,
        work: impl FnOnce(&Watch) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        self.0.push(Box::new(move || {
            watch.begin();
            let result = work(&watch);
            let counts = watch.end();
            // of a thread that was written off nobody wants a result, nor may one arrive late
            if counts {
                // nobody waits any more when the worker was dropped
                let _ = sender.send(result);
            }
            counts
        }));
        receiver
    }

    /// A thread is stuck: it no longer counts, and another takes its place.
    pub(super) fn replace_stuck(&self) {
        let mut queue = self.0.queue();
        queue.threads = queue.threads.saturating_sub(1);
        self.0.grow(&mut queue);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.queue().closed = true;
        self.0.work.notify_all();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // nothing panics while it is locked
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(self: &Arc<Self>, job: Job) {
        if self.size == 0 {
            job();
            return;
        }
        let mut queue = self.queue();
        queue.jobs.push_back(job);
        self.grow(&mut queue);
        drop(queue);
        self.work.notify_one();
    }

    /// Starts a thread if there is more work than idle threads.
    fn grow(self: &Arc<Self>, queue: &mut Queue) {
        if queue.jobs.len() <= queue.idle || queue.threads >= self.size {
            return;
        }
        let shared = self.clone();
        let started = thread::Builder::new()
            .name("temporal-workflow".to_owned())
            .spawn(move || shared.serve());
        match started {
            Ok(_) => queue.threads += 1,
            // those that there are do the work
            Err(_) if queue.threads > 0 => {}
            Err(error) => {
                tracing::error!("no thread can be started for workflow code: {error}");
                // who waits for one of them is told
                queue.jobs.clear();
            }
        }
    }

    fn serve(&self) {
        while let Some(job) = self.next() {
            if !job() {
                return;
            }
        }
    }

    /// Waits for work; none once the pool is dropped.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.closed {
                queue.threads = queue.threads.saturating_sub(1);
                return None;
            }
            queue.idle += 1;
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::{super::deadlock::Detector, *};

    #[tokio::test]
    async fn a_stuck_thread_is_replaced_and_its_result_never_arrives() {
        let (pool, detector) = (Pool::new(1), Detector::off());
        let (release, blocked) = mpsc::channel::<()>();
        let watch = detector.watch();
        let (entered, has_entered) = oneshot::channel();
        let stuck = pool.run(watch.clone(), move |_| {
            let _ = entered.send(());
            blocked.recv()
        });
        has_entered.await.unwrap();
        let next = pool.run(detector.watch(), |_| 7);
        assert!(watch.write_off().is_some());
        pool.replace_stuck();
        assert_eq!(
            next.await,
            Ok(7),
            "the only thread is stuck, so another one did it"
        );
        release.send(()).unwrap();
        assert!(stuck.await.is_err(), "it came back too late");
        assert_eq!(pool.run(detector.watch(), |_| 8).await, Ok(8));
        assert_eq!(pool.0.queue().threads, 1);
    }

    #[tokio::test]
    async fn jobs_run_side_by_side_up_to_the_size() {
        let (pool, detector) = (Pool::new(2), Detector::off());
        let barrier = Arc::new(std::sync::Barrier::new(2));
        let both: Vec<_> = (0..2)
            .map(|_| {
                let barrier = barrier.clone();
                pool.run(detector.watch(), move |_| barrier.wait().is_leader())
            })
            .collect();
        let mut leaders = 0;
        for one in both {
            leaders += usize::from(one.await.unwrap());
        }
        assert_eq!(leaders, 1);
        let many: Vec<_> = (0..50)
            .map(|n| pool.run(detector.watch(), move |_| n))
            .collect();
        for (n, one) in many.into_iter().enumerate() {
            assert_eq!(one.await, Ok(n));
        }
        assert!(pool.0.queue().threads <= 2);
    }
}
