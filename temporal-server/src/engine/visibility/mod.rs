//! Visibility: rows of executions, and the List Filter that searches them. A change is searchable at
//! once. Pure values in and out: never a clock, never I/O, and no row is shown to another namespace.

mod attribute;
mod compile;
mod lexer;
mod moment;
mod names;
mod operand;
mod parser;
mod predicate;
mod row;
mod syntax;
#[cfg(test)]
mod tests;
mod write;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use temporal_protos::common::Payload;
use temporal_protos::workflow::WorkflowExecutionInfo;

pub use attribute::ValueType;
pub(crate) use attribute::{Attributes, all_given, is_given, is_reserved};
pub(crate) use compile::Query;
pub(crate) use moment::Moment;
pub(crate) use syntax::{Expr, Literal};
pub(crate) use write::{AttributeLimits, check};

use super::effect::VisibilityRow;
#[cfg(test)]
use super::surroundings::Namespace;
use attribute::Field;
use names::Names;
use row::{Row, keyword_payload, status_name};

/// Rows of one page, unless fewer are asked for.
const MAX_PAGE: usize = 1000;

/// The condition of a filter over something else than executions; an empty one has none.
pub(crate) fn filter(query: &str) -> Result<Option<Expr>, QueryError> {
    let statement = parser::parse(query)?;
    if !statement.order_by.is_empty() || !statement.group_by.is_empty() || statement.limit {
        return Err(QueryError::unsupported("clauses after the condition"));
    }
    Ok(statement.filter)
}

/// Why a query is refused; clients match on these texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueryError(String);

impl QueryError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn malformed(what: impl std::fmt::Display) -> Self {
        Self(format!("malformed SQL query: {what}"))
    }

    fn unsupported(what: impl std::fmt::Display) -> Self {
        Self(format!("operation is not supported: {what}"))
    }

    fn invalid(what: impl std::fmt::Display) -> Self {
        Self(format!("invalid expression: {what}"))
    }
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The place of a row in every list: open runs first, then the last closed, then the last started.
type Place = (Closed, Started, Arc<str>);

type Closed = Option<Reverse<i64>>;
type Started = Reverse<i64>;

fn place(row: &VisibilityRow) -> Place {
    // `None` sorts before any close time.
    (
        row.close_time.map(|at| Reverse(at.as_nanos())),
        Reverse(row.start_time.as_nanos()),
        row.run_id.clone(),
    )
}

/// One page of a list.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The executions.
    pub(crate) executions: Vec<WorkflowExecutionInfo>,
    /// Where the next page begins; empty after the last.
    pub(crate) next_page_token: Vec<u8>,
}

/// A page token is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadPageToken;

/// How many rows match, and how many of each group.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Count {
    /// All that match.
    pub(crate) total: i64,
    /// The value of each group, with its count; empty without GROUP BY.
    pub(crate) groups: Vec<(Payload, i64)>,
}

/// The rows of every namespace, in the order of lists.
#[derive(Debug, Default)]
pub(crate) struct Index {
    namespaces: BTreeMap<String, Rows>,
}

#[derive(Debug)]
struct Rows {
    /// Only tests look at whole rows.
    #[cfg(test)]
    namespace: Arc<Namespace>,
    in_order: BTreeMap<Place, Box<Row>>,
    /// When each run ended and began.
    times: BTreeMap<Arc<str>, (Closed, Started)>,
    names: Names,
}

impl Rows {
    /// For rows like this one.
    fn like(_seen: &VisibilityRow) -> Self {
        Self {
            #[cfg(test)]
            namespace: _seen.namespace.clone(),
            in_order: BTreeMap::new(),
            times: BTreeMap::new(),
            names: Names::default(),
        }
    }

    fn upsert(&mut self, seen: VisibilityRow, attributes: &Attributes) {
        let place = place(&seen);
        // Before the old row goes, so that its names are shared.
        let row = Row::new(seen, attributes, &mut self.names);
        self.remove(&place.2);
        self.times.insert(place.2.clone(), (place.0, place.1));
        self.in_order.insert(place, Box::new(row));
        debug_assert_eq!(self.in_order.len(), self.times.len(), "a run has one row");
    }

    fn remove(&mut self, run_id: &str) {
        if let Some((run_id, (closed, started))) = self.times.remove_entry(run_id)
            && let Some(row) = self.in_order.remove(&(closed, started, run_id))
        {
            row.release(&mut self.names);
        }
    }
}

impl Index {
    /// Shows a new run, or what changed of a known one.
    pub(crate) fn upsert(&mut self, row: VisibilityRow, attributes: &Attributes) {
        match self.namespaces.get_mut(&row.namespace.id) {
            Some(rows) => rows.upsert(row, attributes),
            None => {
                let mut rows = Rows::like(&row);
                let id = row.namespace.id.clone();
                rows.upsert(row, attributes);
                self.namespaces.insert(id, rows);
            }
        }
    }

    /// All rows, as text, but for what counts only once a run is closed, or counts refused requests too.
    #[cfg(test)]
    pub(crate) fn dump(&self) -> String {
        let rows = self.rows().into_iter();
        rows.map(|mut seen| {
            seen.state_transition_count = 0;
            if seen.close_time.is_none() {
                // Meaningful once closed.
                (seen.history_length, seen.history_size_bytes) = (0, 0);
            }
            format!("{seen:?}\n")
        })
        .collect()
    }

    /// All rows.
    #[cfg(test)]
    pub(crate) fn rows(&self) -> Vec<VisibilityRow> {
        let rows = self.namespaces.values().flat_map(|rows| {
            let in_order = rows.in_order.values();
            in_order.map(|row| row.seen(&rows.namespace))
        });
        rows.collect()
    }

    /// Forgets a run.
    pub(crate) fn remove(&mut self, namespace_id: &str, run_id: &str) {
        if let Some(rows) = self.namespaces.get_mut(namespace_id) {
            rows.remove(run_id);
        }
    }

    /// Forgets all runs of a namespace.
    pub(crate) fn remove_namespace(&mut self, namespace_id: &str) {
        self.namespaces.remove(namespace_id);
    }

    /// Decodes all rows of a namespace again, after its attributes changed.
    pub(crate) fn reread(&mut self, namespace_id: &str, attributes: &Attributes) {
        if let Some(rows) = self.namespaces.get_mut(namespace_id) {
            for row in rows.in_order.values_mut() {
                row.reread(attributes, &mut rows.names);
            }
        }
    }

    /// One page of the rows that match; the next one begins where the token says.
    pub(crate) fn list(
        &self,
        namespace_id: &str,
        query: &Query,
        page_size: i32,
        token: &[u8],
    ) -> Result<Page, BadPageToken> {
        let size = usize::try_from(page_size)
            .ok()
            .filter(|size| (1..=MAX_PAGE).contains(size))
            .unwrap_or(MAX_PAGE);
        let after = if token.is_empty() {
            None
        } else {
            Some(decode_token(token)?)
        };
        let Some(rows) = self.namespaces.get(namespace_id) else {
            return Ok(Page::default());
        };
        let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let mut matching = rows.in_order.range((from, std::ops::Bound::Unbounded));
        let mut page = Page::default();
        let mut last = None;
        for (place, row) in matching
            .by_ref()
            .filter(|(_, row)| query.predicate.accepts(row))
        {
            if page.executions.len() == size {
                page.next_page_token = last.map(encode_token).unwrap_or_default();
                break;
            }
            page.executions.push(row.info());
            last = Some(place);
        }
        Ok(page)
    }

    /// Counts the rows that match, by group if the query says so.
    pub(crate) fn count(&self, namespace_id: &str, query: &Query) -> Count {
        let rows = self
            .namespaces
            .get(namespace_id)
            .into_iter()
            .flat_map(|rows| rows.in_order.values());
        let mut count = Count::default();
        let mut groups: BTreeMap<Option<String>, i64> = BTreeMap::new();
        for row in rows.filter(|row| query.predicate.accepts(row)) {
            count.total += 1;
            match query.group_by {
                Some(Field::ExecutionStatus) => {
                    *groups
                        .entry(Some(status_name(row.status()).to_owned()))
                        .or_default() += 1;
                }
                Some(_) => *groups.entry(row.division().map(str::to_owned)).or_default() += 1,
                None => {}
            }
        }
        count.groups = groups
            .into_iter()
            .map(|(value, rows)| (group_value(value), rows))
            .collect();
        count
    }
}

fn group_value(value: Option<String>) -> Payload {
    value.map_or_else(
        || Payload {
            metadata: BTreeMap::from([("encoding".to_owned(), "binary/null".into())]),
            ..Payload::default()
        },
        |text| keyword_payload(&text),
    )
}

/// A place as an opaque token: the last row of the page before.
fn encode_token(place: &Place) -> Vec<u8> {
    let (closed, Reverse(started), run_id) = place;
    let closed = closed.map_or_else(String::new, |Reverse(closed)| closed.to_string());
    format!("1|{closed}|{started}|{run_id}").into_bytes()
}

fn decode_token(token: &[u8]) -> Result<Place, BadPageToken> {
    let text = std::str::from_utf8(token).map_err(|_| BadPageToken)?;
    let mut parts = text.splitn(4, '|');
    let (Some("1"), Some(closed), Some(started), Some(run_id)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(BadPageToken);
    };
    let closed = match closed {
        "" => None,
        nanos => Some(Reverse(nanos.parse().map_err(|_| BadPageToken)?)),
    };
    Ok((
        closed,
        Reverse(started.parse().map_err(|_| BadPageToken)?),
        run_id.into(),
    ))
}
