//! The binary on TLS and with API keys: who gets in, and what the others are told.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use rcgen::{CertificateParams, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use temporal_protos::health::HealthCheckRequest;
use temporal_protos::health::health_client::HealthClient;
use temporal_protos::workflowservice::GetSystemInfoRequest;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic::{Code, Request, Status};
use tower_service::Service as _;

use certificates::Authority;

#[path = "../../tests/src/certificates.rs"]
#[allow(
    unreachable_pub,
    reason = "the file is a public module of the workspace's tests"
)]
mod certificates;

/// A running service, killed at the end of the test.
struct Running {
    child: Child,
    port: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of one test, with its files.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("secured-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system clears it in the end.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_temporal-server"));
    command
        .args(["start-dev", "--port", "0"])
        .env_remove("TEMPORAL_SERVER_API_KEY");
    command
}

fn start(command: &mut Command) -> Running {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let line = output.lines().map(Result::unwrap).nth(2).unwrap();
    let port = line.rsplit(':').next().unwrap().to_owned();
    Running { child, port }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn trusting(authority: &str) -> ClientTlsConfig {
    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority))
}

async fn connect(port: &str, tls: ClientTlsConfig) -> Result<Channel, String> {
    let endpoint = Channel::from_shared(format!("https://localhost:{port}")).unwrap();
    let connected = endpoint.tls_config(tls).unwrap().connect().await;
    connected.map_err(|error| format!("{error:?}"))
}

async fn call(channel: Channel, authorization: Option<&str>) -> Result<(), Status> {
    let mut request = Request::new(GetSystemInfoRequest::default());
    if let Some(value) = authorization {
        let value = value.parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let mut client = WorkflowServiceClient::new(channel);
    client.get_system_info(request).await.map(drop)
}

#[tokio::test]
async fn with_tls_and_a_key_any_address_may_be_listened_on() {
    let folder = Folder::new("open");
    let authority = Authority::new().unwrap();
    let (certificate, key) = authority.sign(|_| ()).unwrap();
    let tls = [
        "--tls-cert",
        &folder.write("server.pem", &certificate),
        "--tls-key",
        &folder.write("server.key", &key),
    ];
    let keys = [
        "--api-key-file",
        &folder.write("keys", "# old\nk-one\n\nk-two\n"),
    ];
    let anywhere = ["--ip", "0.0.0.0"];
    for (given, missing) in [
        (&[][..], "there is neither TLS nor an API key"),
        (&tls[..], "no API key is asked for"),
        (&keys[..], "there is no TLS"),
    ] {
        let output = binary().args(anywhere).args(given).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in [missing, "--tls-cert", "--api-key-file", "--insecure-listen"] {
            assert!(said.contains(part), "{said}");
        }
    }
    let service = start(binary().args(anywhere).args(tls).args(keys));
    let channel = connect(&service.port, trusting(&authority.pem()))
        .await
        .unwrap();
    for right in ["Bearer k-one", "bearer k-two"] {
        call(channel.clone(), Some(right)).await.unwrap();
    }
    for (wrong, reason) in [
        (None, "no API key came with the call"),
        (Some("Basic k-one"), "no API key came with the call"),
        (Some("Bearer k-three"), "is not one of the service's"),
        (Some("Bearer k-on"), "is not one of the service's"),
        (Some("Bearer "), "is not one of the service's"),
    ] {
        let refused = call(channel.clone(), wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{wrong:?}");
        assert!(
            refused.message().starts_with("Request unauthorized."),
            "{refused}"
        );
        assert!(refused.message().contains(reason), "{wrong:?}: {refused}");
        assert!(!format!("{refused:?}").contains("k-"), "{refused:?}");
    }
    let mut health = HealthClient::new(channel.clone());
    let answer = health.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.get_ref().status, 1);
    // The next call needs one of the keys that the file has then.
    folder.write("keys", "k-new\n");
    call(channel.clone(), Some("Bearer k-new")).await.unwrap();
    let refused = call(channel, Some("Bearer k-one")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
}

#[tokio::test]
async fn the_key_may_stand_in_the_environment_and_is_in_no_log() {
    let folder = Folder::new("log");
    let log = folder.0.join("log");
    let service = start(
        binary()
            .args(["--log-level", "trace"])
            .env("TEMPORAL_SERVER_API_KEY", "k-hidden")
            .stderr(fs::File::create(&log).unwrap()),
    );
    let address = format!("http://127.0.0.1:{}", service.port);
    let channel = Channel::from_shared(address)
        .unwrap()
        .connect()
        .await
        .unwrap();
    call(channel.clone(), Some("Bearer k-hidden"))
        .await
        .unwrap();
    call(channel.clone(), Some("Bearer k-hidden-too"))
        .await
        .unwrap_err();
    call(channel, None).await.unwrap_err();
    drop(service);
    let log = fs::read_to_string(log).unwrap();
    assert!(!log.is_empty(), "the log has lines of this level");
    assert!(!log.contains("k-hidden"), "{log}");
}

#[tokio::test]
async fn who_is_not_who_was_expected_is_told_so_before_anything_is_said() {
    let folder = Folder::new("handshakes");
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let serve = |name: &str, (certificate, key): (String, String)| {
        let certificate = folder.write(&format!("{name}.pem"), &certificate);
        let key = folder.write(&format!("{name}.key"), &key);
        start(binary().args(["--tls-cert", &certificate, "--tls-key", &key]))
    };
    let signed = |change: fn(&mut CertificateParams)| authority.sign(change).unwrap();
    let good = serve("good", signed(|_| ()));
    let expired = serve(
        "expired",
        signed(|params| params.not_after = date_time_ymd(2020, 1, 1)),
    );
    let elsewhere = serve(
        "elsewhere",
        signed(|params| {
            params.subject_alt_names.truncate(0);
            params.subject_alt_names.push(rcgen::SanType::DnsName(
                "temporal.example.org".try_into().unwrap(),
            ));
        }),
    );
    for (service, trusted, reason) in [
        (&good, &other, "UnknownIssuer"),
        (&expired, &authority, "Expired"),
        (&elsewhere, &authority, "NotValidForName"),
    ] {
        let refused = connect(&service.port, trusting(&trusted.pem())).await;
        let refused = refused.unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
    connect(&good.port, trusting(&authority.pem()))
        .await
        .unwrap();
    let named = trusting(&authority.pem()).domain_name("temporal.example.org");
    connect(&elsewhere.port, named).await.unwrap();

    let plain = Channel::from_shared(format!("http://127.0.0.1:{}", good.port)).unwrap();
    let failed = match plain.connect().await {
        Ok(channel) => call(channel, None).await.unwrap_err().code(),
        Err(_) => Code::Unavailable,
    };
    assert_ne!(failed, Code::Ok, "nothing is said in plain text");
}

#[tokio::test]
async fn a_client_shows_a_certificate_where_one_is_asked_for() {
    let folder = Folder::new("clients");
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let (certificate, key) = authority.sign(|_| ()).unwrap();
    let service = start(binary().args([
        "--tls-cert",
        &folder.write("server.pem", &certificate),
        "--tls-key",
        &folder.write("server.key", &key),
        "--tls-client-ca",
        &folder.write("clients.pem", &authority.pem()),
    ]));
    let showing = |from: Option<&Authority>| {
        let trusting = trusting(&authority.pem());
        match from.map(|from| from.sign(|_| ()).unwrap()) {
            Some((certificate, key)) => trusting.identity(Identity::from_pem(certificate, key)),
            None => trusting,
        }
    };
    for from in [None, Some(&other)] {
        // With TLS 1.3 a client is connected before the service has seen its certificate; it is told by an alert, which
        // may be lost with the connection.
        if let Ok(channel) = connect(&service.port, showing(from)).await {
            call(channel, None).await.unwrap_err();
        }
    }
    let channel = connect(&service.port, showing(Some(&authority)))
        .await
        .unwrap();
    call(channel, None).await.unwrap();
}

/// What comes back over an encrypted connection of the older HTTP, as Python and many others speak it.
async fn https(port: &str, authority: &str, request: &str) -> String {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let connection = TcpStream::connect(format!("127.0.0.1:{port}")).await;
    let name = "localhost".try_into().unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, connection.unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The end may come without a word.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn the_http_api_has_the_tls_and_the_keys_of_grpc() {
    let folder = Folder::new("http");
    let authority = Authority::new().unwrap();
    let (certificate, key) = authority.sign(|_| ()).unwrap();
    let mut child = binary()
        .args(["--http-port", "0"])
        .args(["--tls-cert", &folder.write("server.pem", &certificate)])
        .args(["--tls-key", &folder.write("server.key", &key)])
        .args(["--api-key-file", &folder.write("keys", "k-one\n")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| {
        let line = line.unwrap();
        let port = line.strip_prefix("Temporal HTTP:        localhost:");
        port.map(str::to_owned)
    });
    let service = Running {
        child,
        port: line.unwrap(),
    };
    for (key, status) in [("k-one", "200 OK"), ("k-two", "403 Forbidden")] {
        let request = format!(
            "GET /api/v1/system-info HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"
        );
        let answer = https(&service.port, &authority.pem(), &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{answer}"
        );
    }
    // and as HTTP/2, which a gRPC client speaks
    let mut channel = connect(&service.port, trusting(&authority.pem()))
        .await
        .unwrap();
    let request = http::Request::get("/api/v1/system-info")
        .header("authorization", "Bearer k-one")
        .body(tonic::body::Body::empty())
        .unwrap();
    std::future::poll_fn(|cx| channel.poll_ready(cx))
        .await
        .unwrap();
    let answer = channel.call(request).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_certificate_that_has_changed_is_shown_to_the_next_who_connect() {
    let folder = Folder::new("changed");
    let (old, new) = (Authority::new().unwrap(), Authority::new().unwrap());
    let write = |(certificate, key): (String, String)| {
        let certificate = folder.write("server.pem", &certificate);
        (certificate, folder.write("server.key", &key))
    };
    let (certificate, key) = write(old.sign(|_| ()).unwrap());
    let log = folder.0.join("log");
    let service = start(
        binary()
            .args(["--tls-cert", &certificate, "--tls-key", &key])
            .args(["--log-level", "info"])
            .stderr(fs::File::create(&log).unwrap()),
    );
    let connect = |authority: &Authority| {
        let (port, tls) = (service.port.clone(), trusting(&authority.pem()));
        async move { connect(&port, tls).await }
    };
    let before = connect(&old).await.unwrap();
    call(before.clone(), None).await.unwrap();

    // the key of another certificate, and then none at all
    folder.write("server.pem", &new.sign(|_| ()).unwrap().0);
    for _ in 0..2 {
        connect(&old).await.unwrap();
    }
    fs::remove_file(&key).unwrap();
    connect(&old).await.unwrap();

    write(new.sign(|_| ()).unwrap());
    call(connect(&new).await.unwrap(), None).await.unwrap();
    let refused = connect(&old).await.unwrap_err();
    assert!(refused.contains("UnknownIssuer"), "{refused}");
    call(before, None).await.unwrap();
    drop(service);
    let log = fs::read_to_string(log).unwrap();
    for (line, count) in [
        ("what they were stays in use", 2),
        ("server.key: No such file", 1),
        ("the certificate has changed, and is shown from now on", 1),
    ] {
        assert_eq!(log.matches(line).count(), count, "{line}: {log}");
    }
}

#[test]
fn the_form_of_the_test_server_takes_the_key_too() {
    let service = start(&mut binary());
    let with_key = |key: &str| {
        // a port in use ends it in any case
        let output = Command::new(env!("CARGO_BIN_EXE_temporal-server"))
            .arg(&service.port)
            .env("TEMPORAL_SERVER_API_KEY", key)
            .output();
        said(&output.unwrap())
    };
    assert!(with_key("k-one").contains("is in use"));
    let refused = with_key("two words");
    let reason = "characters that a header cannot carry";
    assert!(refused.contains(reason), "{refused}");
    assert!(!refused.contains("two words"), "{refused}");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = Folder::new("files");
    let authority = Authority::new().unwrap();
    let signed = || authority.sign(|_| ()).unwrap();
    let ((certificate, key), (_, other)) = (signed(), signed());
    let certificate = folder.write("server.pem", &certificate);
    let key = folder.write("server.key", &key);
    let other = folder.write("other.key", &other);
    let text = folder.write("text", "not a certificate");
    let missing = folder.0.join("missing").to_str().unwrap().to_owned();
    let spaced = folder.write("spaced", "two words\n");
    for (arguments, code, reason) in [
        (vec!["--tls-cert", &certificate], 2, "--tls-key"),
        (vec!["--tls-client-ca", &certificate], 2, "--tls-cert"),
        (
            vec!["--tls-cert", &missing, "--tls-key", &key],
            2,
            "missing: No such file",
        ),
        (vec!["--api-key-file", &missing], 2, "missing: No such file"),
        (
            vec!["--api-key-file", &folder.write("empty", "\n# none\n")],
            1,
            "there is no key",
        ),
        (
            vec!["--api-key-file", &spaced],
            1,
            "characters that a header cannot carry",
        ),
        (
            vec!["--tls-cert", &text, "--tls-key", &key],
            1,
            "cannot listen with TLS",
        ),
        (
            vec!["--tls-cert", &certificate, "--tls-key", &text],
            1,
            "cannot listen with TLS",
        ),
        (
            vec!["--tls-cert", &certificate, "--tls-key", &other],
            1,
            "cannot listen with TLS",
        ),
        (
            vec![
                "--tls-cert",
                &certificate,
                "--tls-key",
                &key,
                "--tls-client-ca",
                &text,
            ],
            1,
            "cannot listen with TLS",
        ),
    ] {
        let output = binary().args(&arguments).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(reason), "{arguments:?}: {said}");
        assert!(!said.contains("two words"), "{said}");
    }
    assert!(Path::new(&key).exists());
}
