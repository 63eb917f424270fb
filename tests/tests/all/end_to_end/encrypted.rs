//! Our client and worker on TLS and with an API key, and what they are told when it does not work.

use std::process::Command;

use rcgen::CertificateParams;
use temporal_runtime::{
    App, EmbeddedService, ErrorKind,
    client::{ClientOptions, TlsOptions},
    prelude::*,
    testing::block_on,
};
use temporal_server::{ApiKey, Server, ServerHandle, ServerOptions, TlsOptions as ServerTls};
use temporal_tests::certificates::Authority;

use super::world::in_time;

#[workflow]
async fn whispers(wf: &mut Wf, word: String) -> Result<String> {
    wf.sleep(Duration::from_millis(1)).await?;
    Ok(word)
}

/// A service whose certificate this authority has signed, and who may come.
async fn service(
    authority: &Authority,
    change: impl FnOnce(&mut CertificateParams),
    clients: Option<&Authority>,
    key: Option<&str>,
) -> Result<(ServerHandle, String)> {
    let (certificate, private_key) = authority.sign(change)?;
    let mut tls = ServerTls::new(certificate, private_key);
    if let Some(clients) = clients {
        tls = tls.client_ca(clients.pem());
    }
    let mut options = ServerOptions::listening_on(0);
    options.tls = Some(tls);
    options.api_keys = key.map(ApiKey::new).into_iter().collect();
    let server = started(options).await?;
    let port = server.address().ok_or("it listens")?.port();
    Ok((server, format!("localhost:{port}")))
}

async fn started(options: ServerOptions) -> Result<ServerHandle> {
    let server = Server::start(options).await;
    server.map_err(|error| Error::msg(error.to_string()))
}

fn trusting(authority: &Authority) -> TlsOptions {
    TlsOptions::new().server_root_ca_cert(authority.pem())
}

/// Connecting fails without going on for long, with this reason and what to do.
async fn refused(options: ClientOptions, kind: ErrorKind, parts: &[&str]) {
    let error = Client::connect(options).await.expect_err("it is refused");
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{text}");
    }
    assert!(!format!("{error:?}").contains("k-"), "{error:?}");
    if kind == ErrorKind::Unreachable {
        // a connection that is ended without a word is tried thrice
        let few = ["(1 attempt)", "(2 attempts)", "(3 attempts)"];
        assert!(few.iter().any(|tries| text.contains(tries)), "{text}");
    }
}

#[test]
fn a_workflow_runs_over_tls_with_a_certificate_and_a_key() -> Result<()> {
    block_on(in_time(async {
        let authority = Authority::new()?;
        let (_server, address) =
            service(&authority, |_| (), Some(&authority), Some("k-one")).await?;
        let (certificate, key) = authority.sign(|_| ())?;
        let tls = trusting(&authority).client_cert(certificate, key);
        let options = ClientOptions::new(address).tls(tls).api_key("k-one");
        assert!(!format!("{options:?}").contains("k-one"), "{options:?}");
        let client = Client::connect(options).await?;
        let app = App::new().only_module(module_path!());
        let workers = app.start(&client)?;
        assert_eq!(client.execute(whispers::with("psst")).await?, "psst");
        workers.shutdown().await?;

        client.set_api_key("k-two")?;
        let error = client
            .count("")
            .await
            .expect_err("the service has another key");
        assert!(
            error.to_string().contains("Request unauthorized."),
            "{error}"
        );
        client.set_api_key("k-one")?;
        assert_eq!(client.count("").await?, 1);
        Ok(())
    }))
}

#[test]
fn who_has_no_key_or_a_wrong_one_is_told_so() -> Result<()> {
    block_on(in_time(async {
        let authority = Authority::new()?;
        let (_server, address) = service(&authority, |_| (), None, Some("k-one")).await?;
        let options = || ClientOptions::new(&*address).tls(trusting(&authority));
        let code = "(PERMISSION_DENIED)";
        refused(
            options(),
            ErrorKind::Rpc,
            &[code, "no API key came with the call"],
        )
        .await;
        let wrong = options().api_key("k-two");
        refused(
            wrong,
            ErrorKind::Rpc,
            &[code, "is not one of the service's"],
        )
        .await;
        refused(
            options().api_key("two words"),
            ErrorKind::Config,
            &["cannot carry"],
        )
        .await;
        Ok(())
    }))
}

#[test]
fn a_handshake_that_fails_says_why_and_what_to_do() -> Result<()> {
    block_on(in_time(async {
        let (authority, other) = (Authority::new()?, Authority::new()?);
        let unreachable = ErrorKind::Unreachable;
        let to = |address: &str, authority| ClientOptions::new(address).tls(trusting(authority));

        let (_good, address) = service(&authority, |_| (), None, None).await?;
        let unknown = ["UnknownIssuer", "`TlsOptions::server_root_ca_cert`"];
        refused(to(&address, &other), unreachable, &unknown).await;
        // the machine trusts nobody that tests make, or nobody at all
        let system = Client::connect(format!("https://{address}")).await;
        let error = system.expect_err("it is refused").to_string();
        assert!(error.contains(unknown[1]), "{error}");

        let over =
            |params: &mut CertificateParams| params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let (_expired, expired) = service(&authority, over, None, None).await?;
        refused(to(&expired, &authority), unreachable, &["expired", "clock"]).await;

        let name = ClientOptions::new(&*address).tls(trusting(&authority).domain("example.org"));
        refused(
            name,
            unreachable,
            &["not valid for name", "`TlsOptions::domain`"],
        )
        .await;

        let (_closed, closed) = service(&authority, |_| (), Some(&authority), None).await?;
        // whether its reason arrives or only the end is up to the transport
        let asked = ["`TlsOptions::client_cert`"];
        refused(to(&closed, &authority), unreachable, &asked).await;
        let (certificate, key) = other.sign(|_| ())?;
        let stranger = trusting(&authority).client_cert(certificate, key);
        refused(
            ClientOptions::new(closed).tls(stranger),
            unreachable,
            &asked,
        )
        .await;

        let plain = started(ServerOptions::listening_on(0)).await?;
        let plain = plain.address().ok_or("it listens")?.to_string();
        refused(to(&plain, &authority), unreachable, &["does not speak TLS"]).await;
        Ok(())
    }))
}

#[test]
fn a_machine_without_authorities_is_told_how_to_get_some() -> Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_stubborn"))
        .arg("worker")
        .env("TEMPORAL_ADDRESS", "https://localhost:1")
        .env("SSL_CERT_FILE", "/no/authorities")
        .env_remove("SSL_CERT_DIR")
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{told}");
    for part in [
        "cannot connect with TLS",
        "install its CA certificates",
        "`TlsOptions::server_root_ca_cert`",
    ] {
        assert!(told.contains(part), "{told}");
    }
    Ok(())
}

#[test]
fn a_key_may_come_later_in_the_same_process_and_on_the_same_machine() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        service.client().set_api_key("k-one")?;
        assert_eq!(service.client().count("").await?, 0);

        let mut options = ServerOptions::listening_on(0);
        options.api_keys = vec![ApiKey::new("k-one")];
        let server = started(options).await?;
        let address = server.address().ok_or("it listens")?;
        let options = ClientOptions::new(format!("http://{address}")).api_key("k-one");
        let client = Client::connect(options).await?;
        client.set_api_key("k-one")?;
        assert_eq!(client.count("").await?, 0);
        Ok(())
    }))
}

#[test]
fn plaintext_to_a_tls_port_is_no_connection() -> Result<()> {
    block_on(in_time(async {
        let authority = Authority::new()?;
        let (_server, address) = service(&authority, |_| (), None, None).await?;
        let options = ClientOptions::new(address).retry_for(Duration::from_millis(200));
        refused(options, ErrorKind::Unreachable, &["speak TLS"]).await;
        Ok(())
    }))
}

#[test]
fn certificates_that_are_none_are_refused_before_anything_is_sent() -> Result<()> {
    block_on(in_time(async {
        let authority = Authority::new()?;
        let (certificate, key) = authority.sign(|_| ())?;
        for tls in [
            trusting(&authority).client_cert(&*certificate, "no key"),
            trusting(&authority).client_cert("no certificate", &*key),
        ] {
            let options = ClientOptions::new("localhost:1").tls(tls);
            refused(options, ErrorKind::Config, &["cannot connect with TLS"]).await;
        }
        Ok(())
    }))
}
