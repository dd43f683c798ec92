//! The server speaks TLS itself: HTTPS and WSS on a certificate that the test makes and trusts.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::database::Store;
use tests::server::Settings;
use tests::socket::SUBPROTOCOL;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_and_wss_work_on_the_certificate_that_was_given() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&chain, certificate.cert.pem()).unwrap();
    std::fs::write(&key, certificate.signing_key.serialize_pem()).unwrap();
    let server = Settings::over(Store::Sqlite)
        .with("GUICHET_TLS_CERT", chain.to_str().unwrap())
        .with("GUICHET_TLS_KEY", key.to_str().unwrap())
        .start()
        .await;
    assert!(server.base().starts_with("https://"));
    let visitor = server.visitor("Ana", None).await;

    let connector = TlsConnector::from(Arc::new(trusting(certificate.cert.der().clone())));
    let address = server.base().trim_start_matches("https://").to_owned();
    let tcp = TcpStream::connect(&address).await.unwrap();
    let tls = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
    let mut request = format!("wss://{address}/api/v1/realtime").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    let (mut socket, _) = client_async(request, tls).await.unwrap();
    socket.send(frame(&json!({ "type": "authenticate", "token": visitor.rest.token() }))).await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "welcome");
    socket.send(frame(&tests::socket::send_frame(&visitor.conversation, "one", "chiffré"))).await.unwrap();
    let ack = next(&mut socket).await;
    assert_eq!((&ack["type"], &ack["seq"]), (&json!("ack"), &json!(1)));
    assert_eq!(visitor.rest.all_messages(&visitor.conversation).await[0]["content"], "chiffré");

    let plain = TcpStream::connect(&address).await.unwrap();
    let refused = client_async(format!("ws://{address}/api/v1/realtime"), plain).await;
    assert!(refused.is_err(), "the TLS port speaks no plain text");
}

fn trusting(certificate: CertificateDer<'static>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

fn frame(value: &Value) -> Message {
    Message::text(value.to_string())
}

/// The next text frame that is no presence.
async fn next<S>(socket: &mut tokio_tungstenite::WebSocketStream<S>) -> Value
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        if let Message::Text(words) = socket.next().await.unwrap().unwrap() {
            let value: Value = serde_json::from_str(&words).unwrap();
            if ["welcome", "ack"].iter().any(|kind| value["type"] == *kind) {
                return value;
            }
        }
    }
}
