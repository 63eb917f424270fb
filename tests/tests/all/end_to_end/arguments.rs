//! What workflows and activities are called, and what they take: none, one, many, more than they knew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use temporal_runtime::{Client, client::WorkflowHandle, prelude::*};

use super::end_to_end;

#[activity(start_to_close = "30s")]
async fn nothing_to_take() -> Result<u32> {
    Ok(0)
}

#[activity(start_to_close = "30s")]
fn takes_three(text: String, number: i64, flag: Option<bool>) -> Result<String> {
    Ok(format!("{text} {number} {flag:?}"))
}

pub(super) struct Shop {
    name: &'static str,
}

impl Shop {
    /// The one that the workers of these tests have.
    pub(super) const CORNER: Self = Self { name: "corner" };
}

/// All methods of a block are registered.
#[activity(start_to_close = "30s")]
impl Shop {
    #[activity(name = "shop: sell one")]
    async fn sell(&self, what: String) -> Result<String> {
        Ok(format!("{} sells {what}", self.name))
    }

    #[activity]
    fn shop_is_open(&self) -> Result<bool> {
        Ok(true)
    }
}

#[workflow]
async fn takes_nothing(wf: &mut Wf) -> Result<u32> {
    wf.execute(nothing_to_take::with()).await
}

#[workflow]
async fn takes_three_in_order(wf: &mut Wf, a: String, b: i64, c: Option<bool>) -> Result<String> {
    wf.execute(takes_three::with(a, b, c)).await
}

#[workflow]
async fn gives_nothing(_wf: &mut Wf) {}

/// Today's form of an order; yesterday's had no `gift`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parcel {
    id: String,
    #[serde(default)]
    gift: bool,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[workflow]
async fn takes_one_parcel(_wf: &mut Wf, parcel: Parcel) -> Result<Parcel> {
    Ok(parcel)
}

/// One piece of logic under two names, while callers move from one to the other.
async fn delivered(wf: &mut Wf, parcel: Parcel) -> Result<String> {
    wf.execute(Shop::sell_with(parcel.id)).await
}

#[workflow(name = "delivery (v1)")]
async fn deliver(wf: &mut Wf, parcel: Parcel) -> Result<String> {
    delivered(wf, parcel).await
}

#[workflow(name = "Delivery.v2")]
async fn deliver_2(wf: &mut Wf, parcel: Parcel) -> Result<String> {
    delivered(wf, parcel).await
}

#[workflow]
async fn asks_the_shop(wf: &mut Wf) -> Result<bool> {
    wf.execute(Shop::shop_is_open_with()).await
}

async fn by_name<T: serde::de::DeserializeOwned + Serialize + Send + 'static>(
    client: &Client,
    workflow_type: &str,
    arguments: impl temporal_runtime::client::ArgumentList,
) -> Result<T> {
    let handle: WorkflowHandle<_> = client.start_by_name(workflow_type, arguments).await?;
    assert_eq!(handle.describe().await?.workflow_type, workflow_type);
    handle.result().await
}

end_to_end! {
    async fn none_and_three_arguments_arrive_in_order(env) {
        let client = env.client();
        assert_eq!(client.execute(takes_nothing::with()).await?, 0);
        let call = takes_three_in_order::with("a", -7, Some(true));
        assert_eq!(client.execute(call).await?, "a -7 Some(true)");
        let list = ("b".to_owned(), 8, None::<bool>);
        let told: String = by_name(client, "takes_three_in_order", list).await?;
        assert_eq!(told, "b 8 None");
    }

    async fn no_result_is_a_result(env) {
        client_gives_nothing(env.client()).await?;
    }

    async fn a_field_that_is_new_has_its_default_in_old_input(env) {
        let old = (serde_json::json!({"id": "p-1"}),);
        let parcel: Parcel = by_name(env.client(), "takes_one_parcel", old).await?;
        assert_eq!(parcel, Parcel { id: "p-1".into(), gift: false, labels: BTreeMap::new() });
    }

    async fn one_logic_is_served_under_two_names_of_any_form(env) {
        let client = env.client();
        let parcel = Parcel { id: "tea".into(), gift: true, labels: BTreeMap::new() };
        assert_eq!(client.execute(deliver_2::with(parcel.clone())).await?, "corner sells tea");
        for name in ["delivery (v1)", "Delivery.v2"] {
            let told: String = by_name(client, name, (parcel.clone(),)).await?;
            assert_eq!(told, "corner sells tea");
        }
    }

    async fn every_method_of_a_block_is_registered(env) {
        assert!(env.client().execute(asks_the_shop::with()).await?);
    }
}

async fn client_gives_nothing(client: &Client) -> Result<()> {
    let handle = client.start(gives_nothing::with()).await?;
    let () = handle.result().await?;
    client.workflow_by_name(handle.id()).result::<()>().await
}
