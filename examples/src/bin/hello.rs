//! The main job: an activity, a timer and a signal, from start to result. `cargo run` shows it.

use temporal_runtime::prelude::*;

/// Puts a greeting together: the kind of thing that may fail, and is tried again then.
#[activity(start_to_close = "10s", max_attempts = 3)]
async fn compose(greeting: String, name: String) -> Result<String> {
    if name.is_empty() {
        return Err("nobody to greet".into());
    }
    Ok(format!("{greeting}, {name}!"))
}

/// Greets somebody, once it was told how.
#[workflow]
#[derive(Default)]
struct Greeting {
    salutation: Option<String>,
    drafts: Vec<String>,
}

#[workflow]
impl Greeting {
    #[run]
    async fn run(wf: &mut Wf<Self>, name: String) -> Result<String> {
        let draft = wf.execute(compose::with("Hello", name.as_str())).await?;
        wf.drafts.push(draft);
        wf.sleep(Duration::from_secs(1)).await?;
        wf.wait(|state| state.salutation.is_some()).await?;
        let salutation = wf.salutation.clone().unwrap_or_default();
        wf.execute(compose::with(salutation, name)).await
    }

    /// How to greet.
    #[signal]
    fn salute(&mut self, salutation: String) {
        self.salutation = Some(salutation);
    }

    /// What was composed so far.
    #[query]
    fn drafts(&self) -> Vec<String> {
        self.drafts.clone()
    }
}

#[temporal_runtime::main]
async fn main(app: App) -> Result<App> {
    Ok(app
        .only_module(module_path!())
        .demo(async |client: Client| {
            let greeting = client
                .start(Greeting::with("World"))
                .id("greeting-1")
                .await?;
            greeting.salute("Good morning").await?;
            greeting.result().await
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[temporal_runtime::test]
    async fn greets_as_it_was_told(env: TestEnvironment) -> Result<()> {
        let greeting = env.client().start(Greeting::with("Ann")).await?;
        greeting.salute("Good evening").await?;
        assert_eq!(greeting.result().await?, "Good evening, Ann!");
        assert_eq!(greeting.drafts().await?, ["Hello, Ann!"]);
        Ok(())
    }
}
