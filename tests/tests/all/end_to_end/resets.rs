//! Runs that were reset: what is replayed, what is drawn anew, what comes again.

use temporal_runtime::{prelude::*, replay::Replayer};

use super::{raw::deployed, world::Cache};

/// Draws whenever it is told to.
#[workflow]
#[derive(Default)]
struct Gambler {
    told: usize,
    drawn: Vec<String>,
    bets: Vec<u32>,
}

#[workflow]
impl Gambler {
    #[run]
    async fn run(wf: &mut Wf<Self>, times: usize) -> Result<Vec<String>> {
        while wf.drawn.len() < times {
            let drawn = wf.uuid4().to_string();
            wf.drawn.push(drawn);
            let enough = wf.drawn.len();
            wf.wait(move |s| s.told >= enough).await?;
        }
        Ok(wf.drawn.clone())
    }

    #[signal]
    fn draw(&mut self) {
        self.told += 1;
    }

    #[update]
    fn bet(&mut self, on: u32) -> Result<usize> {
        self.bets.push(on);
        Ok(self.bets.len())
    }

    #[query]
    fn seen(&self) -> (Vec<String>, Vec<u32>) {
        (self.drawn.clone(), self.bets.clone())
    }
}

fn is_drawn_anew(cache: Cache) -> Result<()> {
    deployed(cache, async |deployment| {
        let handle = deployment.client().start(Gambler::with(3_usize)).await?;
        let id = handle.id().to_owned();
        let (before, _) = handle.seen().await?;
        handle.draw().await?;
        assert_eq!(handle.bet(7).await?, 1);
        let (old, bets) = handle.seen().await?;
        assert_eq!((old.len(), &bets[..]), (2, &[7][..]));

        // the second draw and the bet were made after this point: the one is drawn anew, the other comes again
        deployment.reset(&id, 1).await?;
        let handle = deployment.client().workflow::<Gambler>(&id);
        let (new, bets) = handle.seen().await?;
        assert_eq!((new.len(), &bets[..]), (2, &[7][..]));
        assert_eq!(before.len(), 1);
        assert_ne!(new[1], old[1]);
        handle.draw().await?;
        handle.draw().await?;
        let result = handle.result().await?;
        assert_eq!(result[..2], new[..]);

        let history = deployment.history(&id).await?;
        Replayer::new()?.replay(&history)?;
        Ok(())
    })
}

#[test]
fn what_follows_the_point_is_drawn_anew_with_cache() -> Result<()> {
    is_drawn_anew(Cache::Default)
}

#[test]
fn what_follows_the_point_is_drawn_anew_without_cache() -> Result<()> {
    is_drawn_anew(Cache::Off)
}

#[test]
fn what_precedes_the_point_stays_as_it_was() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let handle = deployment.client().start(Gambler::with(3_usize)).await?;
        let id = handle.id().to_owned();
        handle.seen().await?;
        handle.draw().await?;
        let (old, _) = handle.seen().await?;
        handle.draw().await?;
        assert_eq!(handle.seen().await?.0.len(), 3);
        deployment.reset(&id, 3).await?;
        let (new, _) = deployment.client().workflow::<Gambler>(&id).seen().await?;
        assert_eq!(new[..2], old[..], "drawn in the tasks before the point");
        Ok(())
    })
}
