//! Counts calls by method and code, and how long their answers took. Bounded: what callers make up is counted together.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tonic::Code;

/// Upper bounds of the classes that times are counted in, in seconds.
const BOUNDS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];

/// Methods that are told apart. There are fewer, so more are nobody's.
const MAX_METHODS: usize = 400;

/// The calls that a service has answered.
#[derive(Debug, Default)]
pub(crate) struct CallsMade(Mutex<BTreeMap<String, Method>>);

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
        let name = match code {
            Code::Unimplemented => "other",
            _ => path.rsplit('/').next().unwrap_or("other"),
        };
        let mut methods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = if methods.len() < MAX_METHODS || methods.contains_key(name) {
            name
        } else {
            "other"
        };
        if !methods.contains_key(name) {
            methods.insert(name.to_owned(), Method::default());
        }
        let Some(method) = methods.get_mut(name) else {
            return;
        };
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

    #[test]
    fn calls_are_counted_by_method_and_code_and_class() {
        let calls = CallsMade::default();
        calls.count("/a.B/Start", Code::Ok, Duration::from_millis(3));
        calls.count("/a.B/Start", Code::Ok, Duration::from_secs(70));
        calls.count("/a.B/Start", Code::NotFound, Duration::ZERO);
        let mut text = String::new();
        calls.write(&mut text).unwrap();
        for line in [
            "temporal_requests_total{operation=\"Start\",code=\"Ok\"} 2",
            "temporal_requests_total{operation=\"Start\",code=\"NotFound\"} 1",
            "temporal_request_seconds_bucket{operation=\"Start\",le=\"0.001\"} 1",
            "temporal_request_seconds_bucket{operation=\"Start\",le=\"0.005\"} 2",
            "temporal_request_seconds_bucket{operation=\"Start\",le=\"60\"} 2",
            "temporal_request_seconds_bucket{operation=\"Start\",le=\"+Inf\"} 3",
            "temporal_request_seconds_sum{operation=\"Start\"} 70.003",
            "temporal_request_seconds_count{operation=\"Start\"} 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn what_callers_make_up_is_counted_together() {
        let calls = CallsMade::default();
        for number in 0..2 * MAX_METHODS {
            calls.count(&format!("/x/{number}"), Code::Unimplemented, Duration::ZERO);
            calls.count(&format!("/x/{number}"), Code::Ok, Duration::ZERO);
        }
        assert!(calls.0.lock().unwrap().len() <= MAX_METHODS + 1);
    }
}
