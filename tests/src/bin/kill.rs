//! Kills a service again and again while workflows run on it: `kill SERVER KILLS WORKFLOWS [SEED]`, with the binary
//! `temporal-server` as SERVER. The service keeps its data in a file, the worker and the clients of this process stay, and
//! reconnect by themselves. In the end every workflow that was acknowledged has closed once, with the right result, and
//! every signal and update that was acknowledged is in its history.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::EventType;
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes;
use temporal_protos::workflowservice::GetWorkflowExecutionHistoryRequest;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_runtime::ErrorKind;
use temporal_runtime::client::ClientOptions;
use temporal_runtime::prelude::*;
use tokio::sync::Semaphore;

/// How long nothing may happen at the end before a workflow counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many workflows are open at a time: more would wait for each other, and not for the service.
const OPEN: usize = 200;

#[activity(start_to_close = "3s")]
async fn add(a: u64, b: u64) -> Result<u64> {
    Ok(a + b)
}

#[workflow(task_queue = "kill")]
async fn adds(wf: &mut Wf, n: u64) -> Result<u64> {
    let half = wf.execute(add::with(n, 1)).await?;
    wf.execute(add::with(half, n)).await
}

#[workflow(task_queue = "kill")]
async fn sleeps(wf: &mut Wf, n: u64) -> Result<u64> {
    for _ in 0..3 {
        wf.sleep(Duration::from_millis(150)).await?;
    }
    wf.execute(add::with(n, n)).await
}

#[workflow(task_queue = "kill")]
async fn has_a_child(wf: &mut Wf, n: u64) -> Result<u64> {
    let child = wf.execute(adds::with(n)).await?;
    Ok(child + 1)
}

#[workflow(task_queue = "kill")]
async fn goes_on(wf: &mut Wf, n: u64, left: u64) -> Result<u64> {
    let n = wf.execute(add::with(n, 1)).await?;
    match left {
        0 => Ok(n),
        _ => wf.continue_as_new(goes_on::with(n, left - 1)),
    }
}

/// Collects numbers that come by signal and by update.
#[workflow(task_queue = "kill")]
#[derive(Default)]
struct Collects {
    numbers: BTreeSet<u64>,
}

#[workflow]
impl Collects {
    #[run]
    async fn run(wf: &mut Wf<Self>, wanted: u64) -> Result<u64> {
        wf.wait(move |w| w.numbers.len() as u64 == wanted).await?;
        Ok(wf.numbers.iter().sum())
    }

    #[signal]
    fn signalled(&mut self, number: u64) {
        self.numbers.insert(number);
    }

    #[update]
    fn updated(&mut self, number: u64) -> Result<u64> {
        self.numbers.insert(number);
        Ok(number)
    }
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % end
    }
}

/// The service, in a process of its own.
struct Service {
    binary: String,
    file: PathBuf,
    port: u16,
    process: Child,
}

impl Service {
    fn start(binary: &str, file: PathBuf) -> Result<Self> {
        let (process, port) = spawn(binary, &file, 0)?;
        Ok(Self {
            binary: binary.to_owned(),
            file,
            port,
            process,
        })
    }

    /// SIGKILL, and at once another one.
    fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        (self.process, _) = spawn(&self.binary, &self.file, self.port)?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; nobody is left to tell.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(binary: &str, file: &std::path::Path, port: u16) -> Result<(Child, u16)> {
    let mut process = Command::new(binary)
        .args(["start-dev", "--port", &port.to_string(), "--db-filename"])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()?;
    let Some(out) = process.stdout.take() else {
        return Err(Error::msg("the service has no output"));
    };
    for line in BufReader::new(out).lines() {
        if let Some(address) = line?.strip_prefix("Temporal Server:") {
            let port = address
                .rsplit(':')
                .next()
                .and_then(|port| port.parse().ok());
            return Ok((process, port.ok_or_else(|| Error::msg("no port"))?));
        }
    }
    Err(Error::msg("the service ended before it listened"))
}

/// Asks until there is an answer: the service may be gone at any moment.
async fn insist<T, F: Future<Output = Result<T>>>(what: &str, ask: impl Fn() -> F) -> Result<T> {
    let began = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) if is_decided(&error) || began.elapsed() > 3 * PATIENCE => {
                return Err(Error::msg(format!("{what}: {error:?}")));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

fn is_decided(error: &Error) -> bool {
    !matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Rpc)
}

/// Starts a workflow, until somebody says that it runs: if an answer was lost, it is there already.
macro_rules! started {
    ($client:expr, $call:expr, $id:expr) => {
        insist("start", || async {
            match $client.start($call).id($id.clone()).await {
                Ok(_) => Ok(()),
                Err(error) if error.kind() == ErrorKind::AlreadyStarted => Ok(()),
                Err(error) => Err(error),
            }
        })
        .await?
    };
}

macro_rules! ended {
    ($client:expr, $workflow:ty, $id:expr) => {
        insist("result", || async {
            $client.workflow::<$workflow>($id.clone()).result().await
        })
        .await?
    };
}

/// One workflow from its start to its end. Returns its id.
async fn one(client: Client, n: u64, open: Arc<Semaphore>) -> Result<String> {
    let _turn = open.acquire().await;
    let id = format!("kill-{n}");
    let (result, expected) = match n % 5 {
        0 => {
            started!(client, adds::with(n), id);
            (ended!(client, adds, id), 2 * n + 1)
        }
        1 => {
            started!(client, sleeps::with(n), id);
            (ended!(client, sleeps, id), 2 * n)
        }
        2 => {
            started!(client, has_a_child::with(n), id);
            (ended!(client, has_a_child, id), 2 * n + 2)
        }
        3 => {
            started!(client, goes_on::with(n, 3), id);
            (ended!(client, goes_on, id), n + 4)
        }
        _ => {
            started!(client, Collects::with(6), id);
            for number in 0..3 {
                let workflow = client.workflow::<Collects>(id.clone());
                insist("signal", || async { workflow.signalled(number).await }).await?;
                let number = 10 + number;
                insist("update", || async {
                    workflow
                        .updated(number)
                        .id(format!("update-{number}"))
                        .await
                })
                .await?;
            }
            (ended!(client, Collects, id), 36)
        }
    };
    match result == expected {
        true => Ok(id),
        false => Err(Error::msg(format!("{id} gave {result}, not {expected}"))),
    }
}

/// The events of every run of a workflow, the oldest first.
async fn histories(address: &str, id: &str) -> Result<Vec<Vec<HistoryEvent>>> {
    let address = format!("http://{address}");
    let asked = |error: &dyn std::fmt::Display| Error::msg(format!("history of {id}: {error}"));
    let channel =
        tonic::transport::Endpoint::from_shared(address).map_err(|error| asked(&error))?;
    let mut client = WorkflowServiceClient::new(channel.connect_lazy());
    let mut runs: Vec<Vec<HistoryEvent>> = Vec::new();
    let mut run_id = String::new();
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".into(),
            execution: Some(WorkflowExecution {
                workflow_id: id.into(),
                run_id,
            }),
            ..Default::default()
        };
        let page = client.get_workflow_execution_history(request).await;
        let page = page.map_err(|error| asked(&error))?.into_inner();
        let events = page.history.unwrap_or_default().events;
        let before = match events.first().and_then(|event| event.attributes.as_ref()) {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) => {
                started.continued_execution_run_id.clone()
            }
            _ => return Err(asked(&"it does not begin")),
        };
        runs.insert(0, events);
        if before.is_empty() {
            return Ok(runs);
        }
        run_id = before;
    }
}

/// What no history may lack.
fn audit(id: &str, events: &[HistoryEvent]) -> Result<()> {
    use EventType as E;
    let wrong = |what: &str| Err(Error::msg(format!("{id}: {what}")));
    let mut counts: BTreeMap<EventType, usize> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        if event.event_id != place as i64 + 1 {
            return wrong(&format!("event {} at place {}", event.event_id, place + 1));
        }
        *counts.entry(event.event_type()).or_default() += 1;
    }
    let count = |kind| counts.get(&kind).copied().unwrap_or(0);
    let ends = count(E::WorkflowExecutionCompleted) + count(E::WorkflowExecutionContinuedAsNew);
    let last = events.last().map(HistoryEvent::event_type);
    if ends != 1
        || !matches!(
            last,
            Some(E::WorkflowExecutionCompleted | E::WorkflowExecutionContinuedAsNew)
        )
    {
        return wrong(&format!("{ends} ends, the last event is {last:?}"));
    }
    if count(E::ActivityTaskScheduled) != count(E::ActivityTaskCompleted) {
        return wrong("an activity without its one result");
    }
    if count(E::TimerStarted) != count(E::TimerFired) {
        return wrong("a timer that did not fire once");
    }
    Ok(())
}

async fn run(binary: &str, kills: u64, workflows: u64, seed: u64) -> Result<()> {
    let began = Instant::now();
    let folder = std::env::temp_dir().join(format!("temporal-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut service = Service::start(binary, folder.join("kill.db"))?;
    let address = format!("127.0.0.1:{}", service.port);
    let client = Client::connect(ClientOptions::new(&address)).await?;
    let workers = App::new().start(&client)?;
    let mut random = Random(seed);
    let mut tasks = Vec::new();
    let open = Arc::new(Semaphore::new(OPEN));
    for kill in 0..kills {
        let until = workflows * (kill + 1) / kills;
        while (tasks.len() as u64) < until {
            let n = tasks.len() as u64;
            tasks.push(tokio::spawn(one(client.clone(), n, open.clone())));
        }
        tokio::time::sleep(Duration::from_millis(20 + random.below(400))).await;
        service.kill()?;
    }
    let mut ended = Vec::new();
    for (n, task) in tasks.into_iter().enumerate() {
        match tokio::time::timeout(PATIENCE, task).await {
            Ok(Ok(id)) => ended.push(id?),
            Ok(Err(error)) => return Err(Error::msg(format!("kill-{n}: {error}"))),
            Err(_) => return Err(Error::msg(format!("kill-{n} is stuck"))),
        }
    }
    let address = Arc::new(address);
    let mut runs = 0;
    for id in &ended {
        for events in histories(&address, id).await? {
            audit(id, &events)?;
            runs += 1;
        }
    }
    workers.shutdown().await?;
    drop(service);
    std::fs::remove_dir_all(&folder)?;
    report(&format!(
        "{kills} kills, {} workflows, {runs} runs: 0 lost, 0 closed twice, 0 stuck; {} s",
        ended.len(),
        began.elapsed().as_secs()
    ))
}

fn report(line: &str) -> Result<()> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<u64> = arguments
        .iter()
        .skip(1)
        .filter_map(|number| number.parse().ok())
        .collect();
    let (Some(binary), [kills, workflows, seed @ ..]) = (arguments.first(), numbers.as_slice())
    else {
        eprintln!("usage: kill SERVER KILLS WORKFLOWS [SEED]");
        return ExitCode::FAILURE;
    };
    match run(
        binary,
        *kills,
        *workflows,
        seed.first().copied().unwrap_or(1),
    )
    .await
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
