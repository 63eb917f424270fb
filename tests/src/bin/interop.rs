//! Rust's half of the checks with Python: `interop worker ADDRESS` serves task queue `rust`, and
//! `interop client ADDRESS` drives Python's workflows. `tests/python/README.md` says what both
//! sides agreed on. `interop certificates FOLDER` writes certificates for Python's half.

use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use temporal_runtime::client::ClientOptions;
use temporal_runtime::prelude::*;
use temporal_runtime::{FailureKind, RawValue};
// what its crate defines is served, too
use temporal_tests::certificates::Authority;

#[activity(start_to_close = "10s")]
async fn rust_greet(name: String) -> Result<String> {
    Ok(format!("Hello from Rust, {name}!"))
}

#[activity(start_to_close = "10s")]
async fn rust_fail() -> Result<()> {
    Err(fault()?.cause("the cause").into())
}

fn fault() -> Result<ApplicationError> {
    let fault = ApplicationError::new("it broke")
        .error_type("RustFault")
        .non_retryable();
    fault.detail(json!({"code": 7}))
}

#[activity(task_queue = "python", start_to_close = "10s")]
async fn py_greet(name: String) -> Result<String>;

#[activity(task_queue = "python", start_to_close = "10s")]
async fn py_fail() -> Result<()>;

/// A workflow of Python, as Rust sees it.
#[workflow(name = "PyConversation", task_queue = "python")]
struct PyConversation;

#[workflow]
impl PyConversation {
    #[run]
    async fn run() -> Result<Vec<String>>;

    #[signal]
    fn add(text: String);

    #[signal]
    fn finish();

    #[query]
    fn texts() -> Vec<String>;

    #[update]
    fn rename(name: String) -> Result<String>;
}

#[workflow(name = "PyFails", task_queue = "python")]
async fn py_fails(by_activity: bool) -> Result<()>;

#[workflow(name = "PyWaits", task_queue = "python")]
async fn py_waits(in_activity: bool) -> Result<()>;

#[workflow(name = "Hello", task_queue = "rust")]
async fn hello(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(rust_greet::with(name)).await
}

#[workflow(name = "Fails", task_queue = "rust")]
async fn fails(_wf: &mut Wf) -> Result<()> {
    Err(fault()?.into())
}

#[workflow(name = "Waits", task_queue = "rust")]
async fn waits(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(3600)).await
}

/// What an application failure says, and its causes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    message: String,
    r#type: Option<String>,
    details: Vec<Value>,
    non_retryable: bool,
    cause: Option<Box<Self>>,
}

fn told(failure: &Failure) -> Result<Told> {
    let details: Result<Vec<Value>> = failure.details().iter().map(RawValue::decode).collect();
    let cause = failure.cause().map(told).transpose()?;
    Ok(Told {
        message: failure.message().to_owned(),
        r#type: failure.error_type().map(str::to_owned),
        details: details?,
        non_retryable: failure.is_non_retryable(),
        cause: cause.map(Box::new),
    })
}

/// The application failure in an error, which must be there.
fn application(error: &Error) -> Result<Told> {
    let failure = error.failure().and_then(Failure::application);
    told(failure.ok_or_else(|| Error::msg(format!("no application failure in: {error:?}")))?)
}

/// What calling the other side's two activities gives.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Called {
    greeting: String,
    failure: Option<Told>,
}

#[workflow(name = "CallsPython", task_queue = "rust")]
async fn calls_python(wf: &mut Wf, name: String) -> Result<Called> {
    let greeting = wf.execute(py_greet::with(name)).await?;
    let failure = match wf.execute(py_fail::with()).await {
        Ok(()) => None,
        Err(error) => Some(application(&error)?),
    };
    Ok(Called { greeting, failure })
}

/// What became of the other side's three workflows, as children.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Children {
    texts: Vec<String>,
    failure: Option<Told>,
    cancelled: bool,
}

#[workflow(name = "ParentOfPython", task_queue = "rust")]
async fn parent_of_python(wf: &mut Wf, name: String) -> Result<Children> {
    let talk = wf.start(PyConversation::with());
    wf.execute(talk.add(name)).await?;
    wf.execute(talk.finish()).await?;
    let texts = wf.execute(talk).await?;
    let failure = match wf.execute(py_fails::with(true)).await {
        Ok(()) => None,
        Err(error) => Some(application(&error)?),
    };
    let mut waits = wf.start(py_waits::with(false));
    wf.execute(waits.started()).await?;
    waits.cancel();
    let ended = wf.execute(waits).await;
    Ok(Children {
        texts,
        failure,
        cancelled: ended.is_err_and(|error| error.is_cancelled()),
    })
}

/// Collects texts by signal, tells them by query, changes its name by update; ends by signal.
#[workflow(task_queue = "rust")]
struct Conversation {
    name: String,
    texts: Vec<String>,
    finished: bool,
}

#[workflow]
impl Conversation {
    #[init]
    fn new() -> Self {
        Self {
            name: "nobody".to_owned(),
            texts: Vec::new(),
            finished: false,
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|conversation| conversation.finished).await?;
        let mut all = vec![wf.name.clone()];
        all.extend(wf.texts.iter().cloned());
        Ok(all)
    }

    #[signal]
    fn add(&mut self, text: String) {
        self.texts.push(text);
    }

    #[signal]
    fn finish(&mut self) {
        self.finished = true;
    }

    #[query]
    fn texts(&self) -> Vec<String> {
        self.texts.clone()
    }

    #[update]
    fn rename(&mut self, name: String) -> Result<String> {
        Ok(std::mem::replace(&mut self.name, name))
    }

    #[validator(rename)]
    fn check_name(&self, name: &str) -> Result<()> {
        if name.is_empty() {
            Err("a name is empty".into())
        } else {
            Ok(())
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", address] => worker(address).await,
        ["client", address] => client(address).await,
        ["certificates", folder] => certificates(Path::new(folder)),
        _ => Err(Error::msg(
            "usage: interop worker|client ADDRESS, interop certificates FOLDER",
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("interop: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Writes an authority, a service's certificate and a client's into a folder, for the program in the other language.
fn certificates(folder: &Path) -> Result<()> {
    let authority = Authority::new()?;
    fs::write(folder.join("ca.pem"), authority.pem())?;
    for name in ["server", "client"] {
        let (certificate, key) = authority.sign(|_| ())?;
        fs::write(folder.join(format!("{name}.pem")), certificate)?;
        fs::write(folder.join(format!("{name}.key")), key)?;
    }
    Ok(())
}

async fn connect(address: &str) -> Result<Client> {
    Client::connect(ClientOptions::new(format!("http://{address}"))).await
}

async fn worker(address: &str) -> Result<()> {
    let client = connect(address).await?;
    let workers = App::new().task_queue("rust").start(&client)?;
    say("ready");
    stop().await;
    workers.shutdown().await
}

#[cfg(unix)]
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        terminate.recv().await;
    }
}

#[cfg(not(unix))]
async fn stop() {
    let _ = tokio::signal::ctrl_c().await;
}

#[expect(clippy::print_stdout, reason = "the other program reads it")]
fn say(line: &str) {
    println!("{line}");
}

/// Refuses what is not as agreed.
fn same<T: PartialEq + Debug>(what: &str, found: T, agreed: T) -> Result<()> {
    if found != agreed {
        return Err(Error::msg(format!(
            "{what}: found {found:?}, agreed on {agreed:?}"
        )));
    }
    say(&format!("ok {what}"));
    Ok(())
}

/// The error of what must fail.
fn refused<T: Debug>(what: &str, result: Result<T>) -> Result<Error> {
    match result {
        Ok(value) => Err(Error::msg(format!(
            "{what}: expected an error, found {value:?}"
        ))),
        Err(error) => Ok(error),
    }
}

async fn client(address: &str) -> Result<()> {
    let client = connect(address).await?;
    let hello = client
        .start_by_name("PyHello", ("you".to_owned(),))
        .task_queue("python")
        .await?;
    same(
        "hello",
        hello.result::<String>().await?,
        "Hello from Python, you!".to_owned(),
    )?;
    conversation(&client).await?;
    failure(&client, false, None).await?;
    failure(&client, true, Some("ValueError")).await?;
    cancellation(&client).await?;
    let calls = client
        .start_by_name("PyCallsRust", ("you".to_owned(),))
        .task_queue("python")
        .await?;
    let called = calls.result::<Called>().await?;
    same(
        "Python calls Rust",
        called.greeting,
        "Hello from Rust, you!".to_owned(),
    )?;
    let parent = client
        .start_by_name("PyParentOfRust", ("you".to_owned(),))
        .task_queue("python")
        .await?;
    let children = parent.result::<Children>().await?;
    let texts = ["nobody", "you"].map(str::to_owned).to_vec();
    same("texts of Rust's child", children.texts, texts)?;
    let why = children.failure.and_then(|failure| failure.r#type);
    same("failure of Rust's child", why.as_deref(), Some("RustFault"))?;
    same("cancelled child of Rust", children.cancelled, true)
}

async fn conversation(client: &Client) -> Result<()> {
    let talk = client.start(PyConversation::with()).await?;
    talk.add("one").await?;
    talk.add("two").await?;
    let texts = ["one", "two"].map(str::to_owned).to_vec();
    same("query", talk.texts().await?, texts)?;
    same(
        "update",
        talk.rename("somebody").await?,
        "nobody".to_owned(),
    )?;
    let error = refused("update", talk.rename("").await)?;
    same(
        "refused update",
        application(&error)?.message,
        "a name is empty".to_owned(),
    )?;
    talk.finish().await?;
    let all = ["somebody", "one", "two"].map(str::to_owned).to_vec();
    same("conversation", talk.result().await?, all)
}

/// PyFails, by itself or through its activity, whose failure has a cause of this type.
async fn failure(client: &Client, by_activity: bool, cause: Option<&str>) -> Result<()> {
    let failing = client
        .start_by_name("PyFails", (by_activity,))
        .task_queue("python")
        .await?;
    let error = refused("failure", failing.result::<()>().await)?;
    let failure = application(&error)?;
    let found = failure
        .cause
        .as_ref()
        .and_then(|cause| cause.r#type.as_deref());
    same("cause of the failure", found, cause)?;
    let through = error
        .failure()
        .is_some_and(|f| f.chain().any(|f| f.kind() == FailureKind::Activity));
    same("failure of an activity", through, by_activity)?;
    let agreed = Told {
        message: "it broke".to_owned(),
        r#type: Some("PyFault".to_owned()),
        details: vec![json!({"code": 7})],
        non_retryable: true,
        cause: None,
    };
    same(
        "failure",
        Told {
            cause: None,
            ..failure
        },
        agreed,
    )
}

async fn cancellation(client: &Client) -> Result<()> {
    let waiting = client
        .start_by_name("PyWaits", (false,))
        .task_queue("python")
        .await?;
    waiting.cancel().await?;
    let error = refused("cancelled", waiting.result::<()>().await)?;
    same("cancelled", error.is_cancelled(), true)
}
