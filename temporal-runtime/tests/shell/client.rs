//! Connecting, and what a client is told when it cannot be.

use std::net::TcpListener;

use temporal_runtime::{
    EmbeddedService, ErrorKind, client::ClientOptions, prelude::*, testing::block_on,
};

#[workflow]
async fn echo(_wf: &mut Wf, text: String) -> Result<String> {
    Ok(text)
}

#[test]
fn nobody_there_says_how_long_and_what_was_tried() -> Result<()> {
    // nobody listens on a port that was just given back
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let options = ClientOptions::new(&address).retry_for(Duration::from_millis(500));
    let error = block_on(Client::connect(options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    let text = error.to_string();
    assert!(
        text.contains(&address) && text.contains(" attempts)") && text.contains("refused"),
        "{text}"
    );
    // the last attempt is made when the time is up, not before
    let tried = text
        .split("reached in ")
        .nth(1)
        .and_then(|t| t.split(' ').next());
    let tried: f64 = tried.and_then(|t| t.parse().ok()).expect("how long");
    assert!(tried >= 0.5, "{text}");
    Ok(())
}

#[test]
fn what_is_no_temporal_service_is_told_apart() -> Result<()> {
    // the system accepts connections, and nobody ever answers
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let options =
        |address: String| ClientOptions::new(address).retry_for(Duration::from_millis(300));
    let error = block_on(Client::connect(options(silent.local_addr()?.to_string()))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("does not answer"), "{error}");

    let rude = TcpListener::bind("127.0.0.1:0")?;
    let address = rude.local_addr()?.to_string();
    std::thread::spawn(move || {
        for stream in rude.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut &stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = block_on(Client::connect(options(address.clone()))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
    assert!(error.to_string().contains(&address), "{error}");
    Ok(())
}

#[test]
fn an_address_that_is_none_says_how_to_write_one() {
    for address in ["", "ftp://127.0.0.1:7233", "not an address:1"] {
        let error = block_on(Client::connect(address)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{address}: {error}");
        assert!(error.to_string().contains("host:port"), "{error}");
    }
}

#[test]
fn over_tcp_it_is_the_same_service() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start_on_port(0).await?;
        let address = service.address().ok_or("no address")?.to_string();
        let client = Client::connect(address.as_str()).await?;
        let workers = super::app(module_path!()).start(&client)?;
        assert_eq!(client.execute(echo::with("hi")).id("tcp").await?, "hi");
        let listed = service.client().list("WorkflowId = 'tcp'").await?;
        assert_eq!(
            (listed.len(), listed[0].workflow_type.as_str()),
            (1, "echo")
        );
        assert_eq!(client.count("WorkflowType = 'echo'").await?, 1);

        let taken = service.address().map_or(0, |a| a.port());
        let error = EmbeddedService::start_on_port(taken).await.unwrap_err();
        assert!(
            error.to_string().contains(&format!("port {taken}")),
            "{error}"
        );
        let absent = Client::connect(ClientOptions::new(&address).namespace("nowhere"))
            .await
            .unwrap_err();
        assert_eq!(absent.kind(), ErrorKind::NotFound);
        assert!(
            absent.to_string().contains("no namespace `nowhere`"),
            "{absent}"
        );
        workers.shutdown().await
    })
}

#[test]
fn a_query_that_is_not_understood_is_refused() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let error = service.client().list("Nonsense =").await.unwrap_err();
        assert_eq!(error.status().map(|s| s.code), Some("INVALID_ARGUMENT"));
        Ok(())
    })
}

#[test]
fn nothing_registered_is_an_error() {
    let error = App::new()
        .only_module("no::such::module")
        .check()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Registration);
    assert!(
        error.to_string().starts_with("nothing is registered"),
        "{error}"
    );
}
