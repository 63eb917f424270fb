//! Workers of several apps as one: started apart, joined and stopped together.

use temporal_runtime::{App, EmbeddedService, ErrorKind, Workers, prelude::*, testing::block_on};

use super::world::in_time;

mod one {
    use temporal_runtime::prelude::*;

    #[workflow]
    pub(super) async fn says_one(_wf: &mut Wf) -> Result<u32> {
        Ok(1)
    }
}

mod two {
    use temporal_runtime::prelude::*;

    #[workflow]
    pub(super) async fn says_two(_wf: &mut Wf) -> Result<u32> {
        Ok(2)
    }
}

fn part(module: &str) -> App {
    App::new().only_module(format!("{}::{module}", module_path!()))
}

/// Nobody serves where nobody polls.
async fn is_idle(client: &Client) -> Result<()> {
    let left = client.start(one::says_one::with()).await?;
    assert_eq!(
        left.describe().await?.history_length,
        2,
        "no worker has taken its task"
    );
    left.terminate("nobody is there").await
}

#[test]
fn workers_of_two_services_are_one_group() -> Result<()> {
    block_on(in_time(async {
        let (first, second) = (
            EmbeddedService::start().await?,
            EmbeddedService::start().await?,
        );
        let workers = part("one")
            .start(first.client())?
            .and(part("two").start(second.client())?);
        let served = async {
            let one = first.client().execute(one::says_one::with()).await?;
            Ok::<_, Error>(one + second.client().execute(two::says_two::with()).await?)
        };
        assert_eq!(workers.run_until(served).await??, 3);
        is_idle(first.client()).await?;
        is_idle(second.client()).await
    }))
}

#[test]
fn whoever_is_stopped_stops_all() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        for stopped in 0..3 {
            let parts = [
                part("one").start(client)?,
                part("two").start(client)?,
                part("two").task_queue("another").start(client)?,
            ];
            let handle = parts[stopped].shutdown_handle();
            let [a, b, c] = parts;
            // by a thread that knows of no runtime
            let together = std::thread::spawn(|| a.and(b.and(c))).join();
            let mut workers = together.expect("it needs no runtime");
            assert_eq!(
                client
                    .execute(two::says_two::with())
                    .task_queue("another")
                    .await?,
                2
            );
            handle.shutdown();
            workers.join().await?;
            is_idle(client).await?;
        }
        Ok(())
    }))
}

/// The error says which worker it was; nobody serves any more when it comes.
#[test]
fn one_that_cannot_go_on_ends_all() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let nowhere = client.in_namespace("nowhere");
        let good = || part("one").start(client);
        let bad = || part("two").task_queue("lost").start(&nowhere);
        let groups: [Workers; 3] = [
            good()?.and(bad()?),
            bad()?.and(good()?),
            good()?.and(good()?.and(bad()?)).and(good()?),
        ];
        for mut workers in groups {
            let error = workers
                .join()
                .await
                .expect_err("there is no such namespace");
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let text = error.to_string();
            let begin = "the worker of task queue `lost` in namespace `nowhere` cannot go on: ";
            assert!(
                text.starts_with(begin) && text.len() > begin.len(),
                "{text}"
            );
        }
        is_idle(client).await
    }))
}
