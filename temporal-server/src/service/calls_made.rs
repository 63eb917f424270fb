//! Counts calls by method and code, and how long their answers took. Bounded: what callers make up is counted together,
//! and no text of theirs gets into what is written.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tonic::Code;

use super::{SERVED, health, reflection};

/// Upper bounds of the classes that times are counted in, in seconds.
const BOUNDS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];

/// What calls of methods that are not served are counted as.
const OTHER: &str = "other";

/// What calls are counted as that came without one of the service's keys, whatever they were to do.
const UNAUTHORIZED: &str = "unauthorized";

/// The methods that are served: by path, `/package.Service/Method`, the name that they are counted as.
static OPERATIONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let rpcs = SERVED.into_iter().flat_map(|(service, methods)| {
        methods
            .iter()
            .map(move |method| (service, camel_case(method)))
    });
    let health = health::METHODS.map(|method| (health::SERVICE, method.to_owned()));
    let reflection = reflection::SERVICES.map(|service| (service, reflection::METHOD.to_owned()));
    rpcs.chain(health)
        .chain(reflection)
        .map(|(service, method)| (format!("/{service}/{method}"), method))
        .collect()
});

/// `StartWorkflowExecution` from `start_workflow_execution`.
fn camel_case(method: &str) -> String {
    let words = method.split('_');
    words
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..])
        .collect()
}

/// The calls that a service has answered.
#[derive(Debug, Default)]
pub(crate) struct CallsMade(Mutex<BTreeMap<&'static str, Method>>);

#[derive(Debug, Default)]
struct Method {
    codes: BTreeMap<i32, u64>,
    /// By class; the last one has no bound.
    classes: [u64; BOUNDS.len() + 1],
    seconds: f64,
}

impl CallsMade {
    /// Counts one call. `path` is `/package.Service/Method`.
    pub(crate) fn count(&self, path: &str, code: Code, took: Duration) {
        self.add(
            OPERATIONS.get(path).map_or(OTHER, String::as_str),
            code,
            took,
        );
    }

    /// Counts a call that did not come through, for want of a key.
    pub(crate) fn count_unauthorized(&self) {
        self.add(UNAUTHORIZED, Code::PermissionDenied, Duration::ZERO);
    }

    fn add(&self, name: &'static str, code: Code, took: Duration) {
        let mut methods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let method = methods.entry(name).or_default();
        *method.codes.entry(code.into()).or_default() += 1;
        let seconds = took.as_secs_f64();
        let class = BOUNDS.iter().position(|bound| seconds <= *bound);
        method.classes[class.unwrap_or(BOUNDS.len())] += 1;
        method.seconds += seconds;
    }

    /// All counts, in the text form of Prometheus.
    pub(crate) fn write(&self, out: &mut String) -> fmt::Result {
        let methods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.push_str(
            "# HELP temporal_requests_total Calls that were answered, by method and gRPC code.\n",
        );
        out.push_str("# TYPE temporal_requests_total counter\n");
        for (name, method) in &*methods {
            for (code, count) in &method.codes {
                let code = Code::from(*code);
                writeln!(
                    out,
                    "temporal_requests_total{{operation=\"{name}\",code=\"{code:?}\"}} {count}"
                )?;
            }
        }
        out.push_str(
            "# HELP temporal_request_seconds Time to the answer, by method; polls wait.\n",
        );
        out.push_str("# TYPE temporal_request_seconds histogram\n");
        for (name, method) in &*methods {
            let mut below = 0;
            for (count, bound) in method.classes.iter().zip(BOUNDS) {
                below += count;
                writeln!(
                    out,
                    "temporal_request_seconds_bucket{{operation=\"{name}\",le=\"{bound}\"}} {below}"
                )?;
            }
            let all: u64 = method.classes.iter().sum();
            writeln!(
                out,
                "temporal_request_seconds_bucket{{operation=\"{name}\",le=\"+Inf\"}} {all}\n\
                 temporal_request_seconds_sum{{operation=\"{name}\"}} {}\n\
                 temporal_request_seconds_count{{operation=\"{name}\"}} {all}",
                method.seconds
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution";

    #[test]
    fn calls_are_counted_by_method_and_code_and_class() {
        let calls = CallsMade::default();
        calls.count(START, Code::Ok, Duration::from_millis(3));
        calls.count(START, Code::Ok, Duration::from_secs(70));
        calls.count(START, Code::NotFound, Duration::ZERO);
        let mut text = String::new();
        calls.write(&mut text).unwrap();
        for line in [
            "temporal_requests_total{operation=\"StartWorkflowExecution\",code=\"Ok\"} 2",
            "temporal_requests_total{operation=\"StartWorkflowExecution\",code=\"NotFound\"} 1",
            "temporal_request_seconds_bucket{operation=\"StartWorkflowExecution\",le=\"0.001\"} 1",
            "temporal_request_seconds_bucket{operation=\"StartWorkflowExecution\",le=\"0.005\"} 2",
            "temporal_request_seconds_bucket{operation=\"StartWorkflowExecution\",le=\"60\"} 2",
            "temporal_request_seconds_bucket{operation=\"StartWorkflowExecution\",le=\"+Inf\"} 3",
            "temporal_request_seconds_sum{operation=\"StartWorkflowExecution\"} 70.003",
            "temporal_request_seconds_count{operation=\"StartWorkflowExecution\"} 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn what_callers_make_up_is_counted_together() {
        let calls = CallsMade::default();
        for (number, code) in (0..1000).zip([Code::Unimplemented, Code::Ok].into_iter().cycle()) {
            calls.count(&format!("/x/{number}"), code, Duration::ZERO);
        }
        for path in [
            "",
            "/",
            "StartWorkflowExecution",
            "/x/StartWorkflowExecution",
        ] {
            calls.count(path, Code::Ok, Duration::ZERO);
        }
        calls.count("/x/\"} 1\n", Code::Ok, Duration::ZERO);
        assert_eq!(calls.0.lock().unwrap().keys().collect::<Vec<_>>(), [&OTHER]);
    }

    #[test]
    fn every_method_that_is_served_has_its_name() {
        use prost::Message as _;
        let files = prost_types::FileDescriptorSet::decode(temporal_protos::DESCRIPTOR).unwrap();
        let described: Vec<String> = (files.file.iter())
            .flat_map(|file| file.service.iter().map(move |service| (file, service)))
            .flat_map(|(file, service)| {
                let of = format!("/{}.{}", file.package(), service.name());
                service
                    .method
                    .iter()
                    .map(move |m| format!("{of}/{}", m.name()))
            })
            .collect();
        for path in OPERATIONS.keys() {
            let is_reflection = path.ends_with(reflection::METHOD);
            assert!(
                is_reflection || described.contains(path),
                "{path} is no method"
            );
        }
        assert_eq!(OPERATIONS[START], "StartWorkflowExecution");
        assert_eq!(OPERATIONS["/grpc.health.v1.Health/Check"], "Check");
    }

    #[test]
    fn calls_without_a_key_are_counted_together() {
        let calls = CallsMade::default();
        calls.count_unauthorized();
        calls.count_unauthorized();
        let mut text = String::new();
        calls.write(&mut text).unwrap();
        let line =
            "temporal_requests_total{operation=\"unauthorized\",code=\"PermissionDenied\"} 2";
        assert!(text.lines().any(|found| found == line), "{text}");
    }
}
