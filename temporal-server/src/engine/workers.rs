//! The workers that have sent heartbeats of late, and the filter that searches them. Time is an argument; what is
//! forgotten follows from it and from a bound on their number.

use std::collections::BTreeMap;
use std::time::Duration;

use temporal_protos::enums::WorkerStatus;
use temporal_protos::worker::{WorkerHeartbeat, WorkerListInfo};

use super::refusal::Refusal;
use super::time::Time;
use super::visibility::{Expr, Literal, Moment, filter};

/// A worker that has not been heard of for so long is gone.
const AGE: Duration = Duration::from_secs(600);
/// Workers that are kept; beyond it those are forgotten that have been silent the longest.
const KEPT: usize = 10_000;
/// Workers of one page, unless fewer are asked for.
const PAGE: usize = 1000;

/// The workers of all namespaces.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    /// By namespace and instance.
    known: BTreeMap<(String, String), Known>,
}

#[derive(Debug)]
struct Known {
    heartbeat: WorkerHeartbeat,
    heard: Time,
}

impl Workers {
    /// A worker says what it does; that it has shut down takes it away.
    pub(crate) fn hear(&mut self, namespace_id: &str, heartbeat: WorkerHeartbeat, now: Time) {
        let key = (
            namespace_id.to_owned(),
            heartbeat.worker_instance_key.clone(),
        );
        if heartbeat.status() == WorkerStatus::Shutdown {
            self.known.remove(&key);
            return;
        }
        let heard = now;
        self.known.insert(key, Known { heartbeat, heard });
        if self.known.len() > KEPT {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.heard);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.known.remove(&key);
            }
        }
    }

    /// One worker.
    pub(crate) fn describe(
        &self,
        namespace_id: &str,
        instance: &str,
        now: Time,
    ) -> Result<WorkerHeartbeat, Refusal> {
        let key = (namespace_id.to_owned(), instance.to_owned());
        self.known
            .get(&key)
            .filter(|known| now.since(known.heard) < AGE)
            .map(|known| known.heartbeat.clone())
            .ok_or_else(|| Refusal::not_found(format!("Worker {instance} not found")))
    }

    /// The workers that a filter accepts, in the order of their instances, and where the next page begins.
    pub(crate) fn list(
        &self,
        namespace_id: &str,
        search: Search<'_>,
        page: Page<'_>,
        now: Time,
    ) -> Result<(Vec<WorkerHeartbeat>, Option<String>), Refusal> {
        let mut accepted = self.accepted(namespace_id, search, now)?;
        accepted.retain(|worker| *worker.worker_instance_key > *page.after);
        let size = match usize::try_from(page.size) {
            Ok(size) if size > 0 => size.min(PAGE),
            _ => PAGE,
        };
        let more = accepted.len() > size;
        accepted.truncate(size);
        let next = accepted.last().filter(|_| more);
        let next = next.map(|worker| worker.worker_instance_key.clone());
        Ok((accepted.into_iter().cloned().collect(), next))
    }

    /// How many workers a filter accepts.
    pub(crate) fn count(
        &self,
        namespace_id: &str,
        search: Search<'_>,
        now: Time,
    ) -> Result<usize, Refusal> {
        Ok(self.accepted(namespace_id, search, now)?.len())
    }

    fn accepted(
        &self,
        namespace_id: &str,
        search: Search<'_>,
        now: Time,
    ) -> Result<Vec<&WorkerHeartbeat>, Refusal> {
        let filter = filter(search.query).map_err(|error| {
            let text = error.to_string();
            Refusal::invalid(text.replacen("malformed SQL query", "malformed query", 1))
        })?;
        let first = (namespace_id.to_owned(), String::new());
        let mut accepted = Vec::new();
        for (_, known) in self
            .known
            .range(first..)
            .take_while(|((namespace, _), _)| namespace == namespace_id)
            .filter(|(_, known)| now.since(known.heard) < AGE)
            .filter(|(_, known)| search.includes_system || !is_system(&known.heartbeat))
        {
            let accepts = filter
                .as_ref()
                .map(|filter| accepts(filter, &known.heartbeat));
            if accepts.transpose()?.unwrap_or(true) {
                accepted.push(&known.heartbeat);
            }
        }
        Ok(accepted)
    }
}

/// Which workers are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) query: &'a str,
    /// Also the workers that do what a service does for itself.
    pub(crate) includes_system: bool,
}

/// Part of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    /// Zero or less for as many as there may be.
    pub(crate) size: i32,
    /// The last instance of the page before.
    pub(crate) after: &'a str,
}

fn is_system(worker: &WorkerHeartbeat) -> bool {
    worker.task_queue.starts_with("temporal-sys-")
}

/// What a list shows of a worker.
pub(crate) fn summary(worker: &WorkerHeartbeat) -> WorkerListInfo {
    let host = worker.host_info.clone().unwrap_or_default();
    WorkerListInfo {
        worker_instance_key: worker.worker_instance_key.clone(),
        worker_identity: worker.worker_identity.clone(),
        task_queue: worker.task_queue.clone(),
        deployment_version: worker.deployment_version.clone(),
        sdk_name: worker.sdk_name.clone(),
        sdk_version: worker.sdk_version.clone(),
        status: worker.status,
        start_time: worker.start_time,
        host_name: host.host_name,
        worker_grouping_key: host.worker_grouping_key,
        process_id: host.process_id,
        plugins: worker.plugins.clone(),
        drivers: worker.drivers.clone(),
    }
}

/// What a filter may ask of a worker.
enum Field {
    Text(String),
    Moment(Option<Moment>),
}

fn field(worker: &WorkerHeartbeat, name: &str) -> Option<Field> {
    let host = || worker.host_info.clone().unwrap_or_default();
    let version = || worker.deployment_version.clone().unwrap_or_default();
    let moment = |at: &Option<prost_types::Timestamp>| {
        Field::Moment(at.as_ref().map(|at| Moment {
            seconds: at.seconds,
            nanos: u32::try_from(at.nanos).unwrap_or_default(),
        }))
    };
    Some(match name {
        "WorkerInstanceKey" => Field::Text(worker.worker_instance_key.clone()),
        "WorkerIdentity" => Field::Text(worker.worker_identity.clone()),
        "HostName" => Field::Text(host().host_name),
        "TaskQueue" => Field::Text(worker.task_queue.clone()),
        "DeploymentName" => Field::Text(version().deployment_name),
        "BuildId" => Field::Text(version().build_id),
        "SdkName" => Field::Text(worker.sdk_name.clone()),
        "SdkVersion" => Field::Text(worker.sdk_version.clone()),
        "StartTime" => moment(&worker.start_time),
        "HeartbeatTime" => moment(&worker.heartbeat_time),
        "Status" => Field::Text(format!("{:?}", worker.status())),
        _ => return None,
    })
}

/// Whether a filter accepts a worker. What it asks of a field that workers do not have is never so.
fn accepts(filter: &Expr, worker: &WorkerHeartbeat) -> Result<bool, Refusal> {
    Ok(match filter {
        Expr::And(all) => {
            for part in all {
                if !accepts(part, worker)? {
                    return Ok(false);
                }
            }
            true
        }
        Expr::Or(any) => {
            for part in any {
                if accepts(part, worker)? {
                    return Ok(true);
                }
            }
            false
        }
        Expr::Not(inner) => !accepts(inner, worker)?,
        Expr::Paren(inner) => accepts(inner, worker)?,
        Expr::Compare {
            operator,
            left,
            right,
        } => match column(left, worker)? {
            Some(field) => compare(&field, operator, right)?,
            None => false,
        },
        Expr::Range {
            negated,
            left,
            from,
            to,
        } => match column(left, worker)? {
            Some(field) => {
                let inside = compare(&field, ">=", from)? && compare(&field, "<=", to)?;
                inside != *negated
            }
            None => false,
        },
        other => return Err(unsupported(other.kind())),
    })
}

fn column(left: &Expr, worker: &WorkerHeartbeat) -> Result<Option<Field>, Refusal> {
    match left {
        Expr::Column(name) => Ok(field(worker, name)),
        other => Err(unsupported(other.kind())),
    }
}

fn compare(field: &Field, operator: &str, right: &Expr) -> Result<bool, Refusal> {
    if let (Expr::Tuple(values), "in" | "not in") = (right, operator) {
        for value in values {
            if compare(field, "=", value)? {
                return Ok(operator == "in");
            }
        }
        return Ok(operator == "not in");
    }
    let Expr::Literal(Literal::Text(text)) = right else {
        return Err(unsupported(right.kind()));
    };
    match field {
        Field::Text(value) => Ok(match operator {
            "=" => value == text,
            "!=" => value != text,
            "starts_with" => value.starts_with(text.as_str()),
            "not starts_with" => !value.starts_with(text.as_str()),
            _ => return Err(unsupported(operator)),
        }),
        Field::Moment(value) => {
            let Some(asked) = Moment::parse(text) else {
                return Err(Refusal::invalid(format!(
                    "invalid query: '{text}' is not a time such as 2024-01-01T00:00:00Z"
                )));
            };
            let Some(value) = value else {
                return Ok(false);
            };
            Ok(match operator {
                "=" => *value == asked,
                "!=" => *value != asked,
                "<" => *value < asked,
                "<=" => *value <= asked,
                ">" => *value > asked,
                ">=" => *value >= asked,
                _ => return Err(unsupported(operator)),
            })
        }
    }
}

fn unsupported(what: &str) -> Refusal {
    Refusal::invalid(format!("invalid query: {what} is not supported here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time::from_nanos(1_000_000_000_000);

    fn worker(instance: &str, queue: &str) -> WorkerHeartbeat {
        WorkerHeartbeat {
            worker_instance_key: instance.into(),
            task_queue: queue.into(),
            status: WorkerStatus::Running.into(),
            start_time: Some(prost_types::Timestamp {
                seconds: 1_700_000_000,
                nanos: 0,
            }),
            ..WorkerHeartbeat::default()
        }
    }

    fn three() -> Workers {
        let mut workers = Workers::default();
        for (instance, queue) in [("a", "one"), ("b", "one"), ("c", "two")] {
            workers.hear("ns", worker(instance, queue), START);
        }
        workers.hear("other", worker("d", "one"), START);
        workers
    }

    /// All that a query accepts, but for the service's own.
    fn all(query: &str) -> Search<'_> {
        Search {
            query,
            includes_system: false,
        }
    }

    fn found(workers: &Workers, query: &str) -> Result<String, String> {
        let page = Page { size: 0, after: "" };
        match workers.list("ns", all(query), page, START) {
            Ok((found, _)) => Ok(found
                .iter()
                .map(|w| w.worker_instance_key.as_str())
                .collect()),
            Err(Refusal::InvalidArgument(text)) => Err(text),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn rule_159_workers_are_found_by_what_they_say() {
        let workers = three();
        for (query, expected) in [
            ("", "abc"),
            ("TaskQueue = 'one'", "ab"),
            ("TaskQueue != 'one'", "c"),
            ("TaskQueue = 'one' AND NOT WorkerInstanceKey = 'a'", "b"),
            (
                "(WorkerInstanceKey = 'a' OR TaskQueue STARTS_WITH 'tw')",
                "ac",
            ),
            ("WorkerInstanceKey IN ('b', 'c')", "bc"),
            (
                "Status = 'Running' AND StartTime > '2020-01-01T00:00:00Z'",
                "abc",
            ),
            (
                "StartTime BETWEEN '2020-01-01T00:00:00Z' AND '2021-01-01T00:00:00Z'",
                "",
            ),
            ("HeartbeatTime > '2020-01-01T00:00:00Z'", ""),
            ("Nothing = 'x'", ""),
        ] {
            assert_eq!(found(&workers, query).as_deref(), Ok(expected), "{query}");
        }
        for (query, text) in [
            (
                "TaskQueue =",
                "malformed query: syntax error at position 39",
            ),
            ("TaskQueue < 'a'", "invalid query: < is not supported here"),
            (
                "StartTime > 'soon'",
                "invalid query: 'soon' is not a time such as 2024-01-01T00:00:00Z",
            ),
            (
                "TaskQueue = 7",
                "invalid query: *sqlparser.SQLVal is not supported here",
            ),
        ] {
            assert_eq!(found(&workers, query).unwrap_err(), text, "{query}");
        }
    }

    #[test]
    fn lists_come_in_pages() {
        let workers = three();
        let page = Page { size: 2, after: "" };
        let (first, next) = workers.list("ns", all(""), page, START).unwrap();
        assert_eq!((first.len(), next.as_deref()), (2, Some("b")));
        let page = Page {
            size: 2,
            after: "b",
        };
        let (second, next) = workers.list("ns", all(""), page, START).unwrap();
        assert_eq!((second.len(), next), (1, None));
        assert_eq!(workers.count("ns", all("TaskQueue = 'one'"), START), Ok(2));
    }

    #[test]
    fn rule_159_workers_of_the_service_itself_are_counted_on_request() {
        let mut workers = three();
        workers.hear("ns", worker("e", "temporal-sys-per-ns-tq"), START);
        assert_eq!(workers.count("ns", all(""), START), Ok(3));
        assert_eq!(found(&workers, "").as_deref(), Ok("abc"));
        let search = Search {
            query: "",
            includes_system: true,
        };
        assert_eq!(workers.count("ns", search, START), Ok(4));
    }

    #[test]
    fn rule_159_who_says_goodbye_or_nothing_for_long_is_gone() {
        let mut workers = three();
        let mut says = |key, status: WorkerStatus| {
            let mut heartbeat = worker(key, "one");
            heartbeat.status = status.into();
            workers.hear("ns", heartbeat, START);
        };
        says("a", WorkerStatus::Shutdown);
        says("b", WorkerStatus::ShuttingDown);
        assert_eq!(found(&workers, "").as_deref(), Ok("bc"));
        let leaving = found(&workers, "Status = 'ShuttingDown'");
        assert_eq!(leaving.as_deref(), Ok("b"));
        assert!(workers.describe("ns", "c", START).is_ok());
        let later = START.plus(AGE);
        assert!(workers.describe("ns", "c", later).is_err());
        assert_eq!(workers.count("ns", all(""), later), Ok(0));
    }

    #[test]
    fn beyond_the_bound_the_longest_silent_is_forgotten() {
        let mut workers = Workers::default();
        for number in 0..=KEPT {
            let at = START.plus(Duration::from_nanos(u64::try_from(number).unwrap()));
            workers.hear("ns", worker(&number.to_string(), "q"), at);
        }
        assert_eq!(workers.count("ns", all(""), START), Ok(KEPT));
        assert!(workers.describe("ns", "0", START).is_err());
    }
}
