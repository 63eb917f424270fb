//! Activities of a group, whose names begin alike.

use temporal_runtime::{activity_by_name, prelude::*};

use super::end_to_end;

struct Press;

#[activity(name_prefix = "press.", start_to_close = "30s")]
impl Press {
    #[activity]
    async fn print(page: String) -> Result<String> {
        Ok(format!("printed {page}"))
    }

    #[activity(name = "FoldPages")]
    async fn fold(pages: u32) -> Result<u32> {
        Ok(pages / 2)
    }
}

#[workflow]
async fn publishes(wf: &mut Wf) -> Result<Vec<String>> {
    let limit = Duration::from_secs(30);
    let typed = wf.execute(Press::print_with("page 1")).await?;
    let named = activity_by_name::<String>("press.print", ("page 2".to_owned(),));
    let named = wf.execute(named.start_to_close(limit)).await?;
    let folded = wf.execute(Press::fold_with(8)).await?;
    let by_own_name = activity_by_name::<u32>("FoldPages", (4_u32,));
    let again = wf.execute(by_own_name.start_to_close(limit)).await?;
    Ok(vec![typed, named, folded.to_string(), again.to_string()])
}

end_to_end! {
    async fn a_group_is_called_by_its_prefix_and_by_names_of_its_own(env) {
        let texts = env.client().execute(publishes::with()).await?;
        assert_eq!(texts, ["printed page 1", "printed page 2", "4", "2"]);
    }
}
