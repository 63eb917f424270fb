//! Clients: one connection for many, each in a namespace, and none in a workflow.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use temporal_protos::{
    prost_types,
    workflowservice::{RegisterNamespaceRequest, workflow_service_client::WorkflowServiceClient},
};
use temporal_runtime::{EmbeddedService, ErrorKind, prelude::*, testing::block_on};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tonic::transport::Channel;

use super::{
    basics::greets,
    end_to_end,
    raw::deployed,
    world::{Cache, app, in_time},
};

#[workflow]
async fn connects_a_client(_wf: &mut Wf) -> Result<()> {
    Client::connect("127.0.0.1:9").await.map(drop)
}

end_to_end! {
    async fn who_is_not_there_cannot_be_reached(env) {
        let nobody = env.client().workflow_by_name("nobody-by-this-name");
        for error in [
            nobody.signal("hello", ()).await.expect_err("no signal"),
            nobody.query::<u32>("count", ()).await.expect_err("no query"),
            nobody.update::<u32>("add", (1,)).await.expect_err("no update"),
            nobody.describe().await.map(drop).expect_err("no description"),
            nobody.cancel().await.expect_err("no cancellation"),
            nobody.terminate("").await.expect_err("no termination"),
            nobody.result::<u32>().await.expect_err("no result"),
            env.client().fetch_history("nobody-by-this-name", None).await.map(drop).expect_err("no history"),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
            assert_eq!(error.status().map(|status| status.code), Some("NOT_FOUND"), "{error:?}");
            assert_eq!(error.workflow_id(), Some("nobody-by-this-name"));
        }
    }
}

#[test]
fn clients_are_passed_around() {
    fn assert_shared<T: Clone + Send + Sync + 'static>() {}
    assert_shared::<Client>();
    assert_eq!(size_of::<Client>(), size_of::<usize>());
}

#[test]
fn a_client_in_a_workflow_fails_its_task() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let handle = deployment.client().start(connects_a_client::with()).await?;
        let failed = deployment.failed_task(handle.id()).await?;
        let text = "a client was used inside a workflow (connect); call the service from an activity, which may ask for a `&Client`";
        assert!(failed.message.contains(text), "{}", failed.message);
        handle.terminate("the test is over").await
    })
}

/// What passes through it is counted.
struct Door {
    address: String,
    opened: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Door {
    async fn to(service: std::net::SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (opened, open) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let counts = (opened.clone(), open.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((mut inside, _)) = listener.accept().await {
                let (opened, open) = counts.clone();
                opened.fetch_add(1, Ordering::SeqCst);
                open.fetch_add(1, Ordering::SeqCst);
                passing.spawn(async move {
                    if let Ok(mut outside) = TcpStream::connect(service).await {
                        // whoever closes it first
                        let _ = copy_bidirectional(&mut inside, &mut outside).await;
                    }
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Ok(Self {
            address,
            opened,
            open,
            _serving: serving,
        })
    }
}

async fn register(address: std::net::SocketAddr, namespace: &str) -> Result<()> {
    let channel = Channel::from_shared(format!("http://{address}"))
        .map_err(Error::msg)?
        .connect()
        .await
        .map_err(Error::msg)?;
    let mut raw = WorkflowServiceClient::new(channel);
    let request = RegisterNamespaceRequest {
        namespace: namespace.to_owned(),
        workflow_execution_retention_period: Some(prost_types::Duration {
            seconds: 86_400,
            nanos: 0,
        }),
        ..Default::default()
    };
    raw.register_namespace(request)
        .await
        .map(drop)
        .map_err(Error::msg)
}

#[test]
fn two_namespaces_share_a_connection_and_nothing_else() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start_on_port(0).await?;
        let inside = service.address().ok_or("it listens")?;
        let door = Door::to(inside).await?;
        let client = Client::connect(door.address.as_str()).await?;
        let other = client.in_namespace("other");
        assert_eq!(
            (other.namespace(), other.address()),
            ("other", client.address())
        );
        let call = || other.start(greets::with("Ada")).id("same");
        let error = call().await.map(drop).expect_err("it was not registered");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
        register(inside, "other").await?;

        let workers = app(Cache::Default).start(&other)?;
        let here = client.start(greets::with("Bob")).id("same").await?;
        assert_eq!(call().await?.result().await?, "Hello, Ada!");
        // nobody serves the same queue of the first namespace
        assert_eq!(here.describe().await?.history_length, 2);
        assert_eq!(door.opened.load(Ordering::SeqCst), 1);
        workers.shutdown().await?;
        drop((client, other, here));
        while door.open.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
        Ok(())
    }))
}
