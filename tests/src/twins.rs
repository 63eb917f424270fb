//! Workflows that have a twin in Python (`tests/python/twins.py`): the histories that they make here must replay there.
//! Each issues one kind of command, in the order in which its twin does.

use temporal_runtime::{MemoUpdate, SearchAttributeKey, prelude::*};

/// Doubles a number.
///
/// # Errors
/// The number is 13.
#[activity(task_queue = "rust", start_to_close = "10s")]
pub async fn twice(number: i64) -> Result<i64> {
    if number == 13 {
        let unlucky = ApplicationError::new("13 is not doubled").error_type("Unlucky");
        return Err(unlucky.non_retryable().into());
    }
    Ok(number * 2)
}

/// Activities: one after another, many at once, and one that fails.
///
/// # Errors
/// An activity fails that should not.
#[workflow(name = "TwinActivities", task_queue = "rust")]
pub async fn activities(wf: &mut Wf, count: i64) -> Result<i64> {
    let mut total = wf.execute(twice::with(1)).await?;
    total += wf
        .join_all((0..count).map(twice::with))
        .await?
        .iter()
        .sum::<i64>();
    if wf.execute(twice::with(13)).await.is_err() {
        total += 1000;
    }
    wf.execute(twice::with(total).id("the-last")).await
}

/// Timers: one, and two of which the slower is cancelled.
///
/// # Errors
/// It is cancelled.
#[workflow(name = "TwinTimers", task_queue = "rust")]
pub async fn timers(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_millis(10)).await?;
    let both = (
        timer(Duration::from_millis(20)),
        timer(Duration::from_secs(3600)),
    );
    let first = wf.race(both).await?;
    wf.sleep(Duration::from_millis(10)).await?;
    Ok(format!("{first:?}"))
}

/// Children: one that completes, and one that is cancelled once it runs.
///
/// # Errors
/// A child fails that should not.
#[workflow(name = "TwinChildren", task_queue = "rust")]
pub async fn children(wf: &mut Wf) -> Result<i64> {
    let id = wf.info().workflow_id.clone();
    let total = wf
        .execute(activities::with(1).id(format!("{id}-first")))
        .await?;
    let mut second = wf.start(patient::with().id(format!("{id}-second")));
    wf.execute(second.started()).await?;
    second.cancel();
    let cancelled = wf
        .execute(second)
        .await
        .is_err_and(|error| error.is_cancelled());
    Ok(if cancelled { total } else { -1 })
}

/// Waits, and when it is cancelled cleans up by an activity.
///
/// # Errors
/// It is cancelled.
#[workflow(name = "TwinPatient", task_queue = "rust")]
pub async fn patient(wf: &mut Wf) -> Result<()> {
    let waited = wf.sleep(Duration::from_secs(3600)).await;
    wf.shielded().execute(twice::with(7)).await?;
    waited
}

/// A patch in a loop, one in new code, and one that is deprecated.
///
/// # Errors
/// An activity fails.
#[workflow(name = "TwinPatches", task_queue = "rust")]
pub async fn patches(wf: &mut Wf) -> Result<i64> {
    let mut total = 0;
    for number in 0..2 {
        if wf.patched("in-a-loop") {
            total += wf.execute(twice::with(number)).await?;
        }
    }
    wf.deprecate_patch("gone");
    if wf.patched("later") {
        wf.sleep(Duration::from_millis(5)).await?;
    }
    Ok(total)
}

/// Signals and a request to another workflow, and a signal to a child.
///
/// # Errors
/// The other workflow is not there.
#[workflow(name = "TwinExternal", task_queue = "rust")]
pub async fn external(wf: &mut Wf, other: String) -> Result<i64> {
    let talk = wf.external_for::<Talk>(other.as_str());
    wf.execute(talk.note(3)).await?;
    wf.execute(talk.cancel()).await?;
    let id = format!("{}-child", wf.info().workflow_id);
    let child = wf.start(Talk::with().id(id));
    wf.execute(child.started()).await?;
    wf.execute(child.note(5)).await?;
    wf.execute(child.finish()).await?;
    let lost = wf
        .execute(wf.external("nobody-has-this-id").signal("note", (1,)))
        .await;
    Ok(wf.execute(child).await? + i64::from(lost.is_err()))
}

/// Local activities: one, many at once, and one that fails.
///
/// # Errors
/// A local activity fails that should not.
#[workflow(name = "TwinLocals", task_queue = "rust")]
pub async fn locals(wf: &mut Wf) -> Result<i64> {
    let mut total = wf.execute(twice::with(1).local()).await?;
    let many = (0..3).map(|number| twice::with(number).local());
    total += wf.join_all(many).await?.iter().sum::<i64>();
    wf.sleep(Duration::from_millis(5)).await?;
    if wf.execute(twice::with(13).local()).await.is_err() {
        total += 1000;
    }
    wf.execute(twice::with(total)).await
}

/// Counts down, each time in a new run.
///
/// # Errors
/// It goes on in a new run.
#[workflow(name = "TwinCounts", task_queue = "rust")]
pub async fn counts(wf: &mut Wf, left: i64) -> Result<i64> {
    wf.execute(twice::with(left)).await?;
    if left > 0 {
        return wf.continue_as_new(counts::with(left - 1));
    }
    Ok(left)
}

const MOOD: SearchAttributeKey<String> = SearchAttributeKey::keyword("TwinMood");

/// Changes its search attributes and its memo.
///
/// # Errors
/// It is cancelled.
#[workflow(name = "TwinAttributes", task_queue = "rust")]
pub async fn attributes(wf: &mut Wf) -> Result<String> {
    wf.upsert_search_attributes([MOOD.set("good")]);
    wf.upsert_memo(MemoUpdate::new().set("step", 1))?;
    wf.sleep(Duration::from_millis(5)).await?;
    wf.upsert_search_attributes([MOOD.unset()]);
    wf.upsert_memo(MemoUpdate::new().set("step", 2).remove("other"))?;
    Ok("described".to_owned())
}

/// Signals and updates, of which some call an activity.
#[workflow(name = "TwinTalk", task_queue = "rust")]
#[derive(Debug, Default)]
pub struct Talk {
    total: i64,
    done: bool,
}

#[workflow]
impl Talk {
    /// Waits for the signal `finish`.
    ///
    /// # Errors
    /// It is cancelled.
    #[run]
    pub async fn run(wf: &mut Wf<Self>) -> Result<i64> {
        wf.wait(|talk| talk.done).await?;
        Ok(wf.total)
    }

    #[signal]
    fn note(&mut self, number: i64) {
        self.total += number;
    }

    #[signal]
    async fn note_twice(wf: &mut Wf<Self>, number: i64) -> Result<()> {
        wf.total += wf.execute(twice::with(number)).await?;
        Ok(())
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }

    #[update]
    fn add(&mut self, number: i64) -> Result<i64> {
        self.total += number;
        Ok(self.total)
    }

    #[validator(add)]
    fn check(&self, number: &i64) -> Result<()> {
        if *number < 0 {
            return Err("not below zero".into());
        }
        Ok(())
    }

    #[update]
    async fn add_twice(wf: &mut Wf<Self>, number: i64) -> Result<i64> {
        let doubled = wf.execute(twice::with(number)).await?;
        wf.sleep(Duration::from_millis(5)).await?;
        wf.total += doubled;
        Ok(wf.total)
    }
}
