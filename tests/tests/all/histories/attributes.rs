//! Search attributes of each type, and the memo.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use temporal_runtime::{MemoUpdate, SearchAttributeKey, prelude::*};

pub(super) const KEYWORD: SearchAttributeKey<String> = SearchAttributeKey::keyword("HistKeyword");
const TEXT: SearchAttributeKey<String> = SearchAttributeKey::text("HistText");
const INT: SearchAttributeKey<i64> = SearchAttributeKey::int("HistInt");
const DOUBLE: SearchAttributeKey<f64> = SearchAttributeKey::double("HistDouble");
const BOOL: SearchAttributeKey<bool> = SearchAttributeKey::bool("HistBool");
const DATETIME: SearchAttributeKey<SystemTime> = SearchAttributeKey::datetime("HistDatetime");
const KEYWORD_LIST: SearchAttributeKey<Vec<String>> =
    SearchAttributeKey::keyword_list("HistKeywordList");

/// 2026-01-02 03:04:05
const MOMENT: Duration = Duration::from_secs(1_767_323_045);

#[workflow(name = "SearchAttributes")]
async fn search_attributes(wf: &mut Wf) -> Result<Vec<String>> {
    let started_with = wf.search_attributes();
    assert_eq!(started_with.get(&KEYWORD).as_deref(), Some("red"));
    assert_eq!(started_with.get(&INT), Some(1));
    wf.upsert_search_attributes([
        TEXT.set("some words"),
        INT.set(42),
        KEYWORD.set("blue"),
        DOUBLE.set(2.5),
        BOOL.set(true),
        DATETIME.set(SystemTime::UNIX_EPOCH + MOMENT),
        KEYWORD_LIST.set(vec!["a".to_owned(), "b".to_owned()]),
    ]);
    wf.sleep(Duration::from_millis(200)).await?;
    wf.upsert_search_attributes([INT.set(43), KEYWORD.unset()]);
    let attributes = wf.search_attributes();
    assert_eq!(attributes.get(&INT), Some(43));
    Ok(attributes.names().map(str::to_owned).collect())
}

#[workflow(name = "MemoUpsert")]
async fn memo_upsert(wf: &mut Wf) -> Result<BTreeMap<String, Value>> {
    let update = MemoUpdate::new()
        .set("added", json!({"n": 1}))
        .set("kept", "new value".to_owned());
    wf.upsert_memo(update)?;
    wf.sleep(Duration::from_millis(200)).await?;
    wf.upsert_memo(MemoUpdate::new().remove("dropped"))?;
    let memo = wf.memo();
    let value = |key: &str| -> Result<(String, Value)> {
        Ok((key.to_owned(), memo.get(key)?.unwrap_or_default()))
    };
    memo.keys().map(value).collect()
}
