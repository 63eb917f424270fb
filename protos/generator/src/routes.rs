//! Where the HTTP API has its RPCs: what the annotations `google.api.http` of the official files say, as a table. The
//! official descriptor has lost them, so the files are read again, by messages that know no more than the annotations.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use prost::Message;

use crate::emit::HEADER;

/// In the order in which the real service asks them: of two that match a path the later one wins, and the operator's
/// come after all others.
const FILES: [&str; 2] = [
    "temporal/api/workflowservice/v1/service.proto",
    "temporal/api/operatorservice/v1/service.proto",
];

const DOC: &str = "/// All addresses; of several that fit, the first one counts.\n";

#[derive(Clone, PartialEq, Message)]
struct FileSet {
    #[prost(message, repeated, tag = "1")]
    file: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "6")]
    service: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    method: Vec<Method>,
}

#[derive(Clone, PartialEq, Message)]
struct Method {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "4")]
    options: Option<Options>,
}

#[derive(Clone, PartialEq, Message)]
struct Options {
    /// The extension `google.api.http`.
    #[prost(message, optional, tag = "72295728")]
    http: Option<Rule>,
}

/// `google.api.HttpRule`.
#[derive(Clone, PartialEq, Message)]
struct Rule {
    #[prost(oneof = "Pattern", tags = "2, 3, 4, 5, 6, 8")]
    pattern: Option<Pattern>,
    #[prost(string, tag = "7")]
    body: String,
    #[prost(message, repeated, tag = "11")]
    additional_bindings: Vec<Self>,
    #[prost(string, tag = "12")]
    response_body: String,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Pattern {
    #[prost(string, tag = "2")]
    Get(String),
    #[prost(string, tag = "3")]
    Put(String),
    #[prost(string, tag = "4")]
    Post(String),
    #[prost(string, tag = "5")]
    Delete(String),
    #[prost(string, tag = "6")]
    Patch(String),
    #[prost(bytes = "vec", tag = "8")]
    Custom(Vec<u8>),
}

/// The Rust text of the table. `protos` is the folder of the official files.
pub(crate) fn routes(protos: &Path) -> io::Result<String> {
    let mut compiler =
        protox::Compiler::new([protos.join("api_upstream")]).map_err(io::Error::other)?;
    compiler.include_imports(false);
    compiler.open_files(FILES).map_err(io::Error::other)?;
    let bytes = compiler.encode_file_descriptor_set();
    render(&FileSet::decode(bytes.as_slice())?)
}

fn render(files: &FileSet) -> io::Result<String> {
    let mut lines = Vec::new();
    for name in FILES {
        let file = files.file.iter().find(|file| file.name == name);
        let file = file.ok_or_else(|| io::Error::other(format!("no `{name}` was read")))?;
        for service in &file.service {
            for method in &service.method {
                let rpc = format!("/{}.{}/{}", file.package, service.name, method.name);
                let rule = method
                    .options
                    .as_ref()
                    .and_then(|options| options.http.as_ref());
                for rule in rule.into_iter().flat_map(with_bindings) {
                    lines.push(line(&rpc, rule).map_err(io::Error::other)?);
                }
            }
        }
    }
    lines.reverse();
    let mut text = format!("{HEADER}{DOC}pub const ROUTES: &[Route] = &[\n");
    for line in lines {
        writeln!(text, "    {line}").map_err(io::Error::other)?;
    }
    text.push_str("];\n");
    Ok(text)
}

fn with_bindings(rule: &Rule) -> impl Iterator<Item = &Rule> {
    std::iter::once(rule).chain(&rule.additional_bindings)
}

/// One row. What our server does not know of, and no file says today, is refused here.
fn line(rpc: &str, rule: &Rule) -> Result<String, String> {
    let (verb, path) = match &rule.pattern {
        Some(Pattern::Get(path)) => ("GET", path),
        Some(Pattern::Put(path)) => ("PUT", path),
        Some(Pattern::Post(path)) => ("POST", path),
        Some(Pattern::Delete(path)) => ("DELETE", path),
        Some(Pattern::Patch(path)) => ("PATCH", path),
        Some(Pattern::Custom(_)) | None => return Err(format!("`{rpc}` has no verb")),
    };
    if !path.starts_with('/') || path.contains([':', '*', '=', '"', '\\']) {
        return Err(format!(
            "`{rpc}`: the path `{path}` is of a form that is not known"
        ));
    }
    if !["", "*"].contains(&rule.body.as_str()) || !rule.response_body.is_empty() {
        return Err(format!("`{rpc}`: only whole messages are known as bodies"));
    }
    let has_body = rule.body == "*";
    Ok(format!(
        "Route {{ verb: \"{verb}\", path: \"{path}\", has_body: {has_body}, rpc: \"{rpc}\" }},"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Rule {
        Rule {
            pattern: Some(Pattern::Get(path.to_owned())),
            ..Rule::default()
        }
    }

    #[test]
    fn later_ones_come_first() {
        let text = routes(Path::new(env!("OFFICIAL_PROTOS"))).expect("the files can be read");
        let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
        let operator = place("path: \"/cluster/namespaces/{namespace}/search-attributes\"");
        let newer = place("path: \"/api/v1/system-info\"");
        let older = place("path: \"/system-info\"");
        let start = place(
            "Route { verb: \"POST\", path: \"/namespaces/{namespace}/workflows/{workflow_id}\", has_body: true, rpc: \"/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution\" },",
        );
        assert!(operator < newer && newer < older && older < start);
    }

    #[test]
    fn what_the_server_would_not_understand_is_refused() {
        assert!(line("/a.B/C", &get("/a/{b.c}")).is_ok());
        for path in ["a", "/a/{b=c/*}", "/a:verb", "/a/**"] {
            assert!(line("/a.B/C", &get(path)).is_err(), "{path}");
        }
        let body = Rule {
            body: "part".to_owned(),
            ..get("/a")
        };
        assert!(line("/a.B/C", &body).is_err());
        assert!(line("/a.B/C", &Rule::default()).is_err());
    }
}
