//! Over real connections: what a client sees that is slow, one too many, or there when the server stops.

use std::sync::Arc;

use bytes::Bytes;
use engine::payments::Reply;
use tokio::task::JoinHandle;

use super::*;

mod framing;

use crate::http::{
    router,
    state::{HttpSettings, PaymentCalls},
    testing::{Behaviour, Books, StubPayments, ok, state},
};
use testkit::wait::wait_until;

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    stopped: JoinHandle<Drained>,
}

impl Server {
    fn start(payments: Arc<dyn PaymentCalls>, settings: HttpSettings) -> Self {
        let state = state(payments, settings);
        Self::serve(router::app(state.clone()), state)
    }

    fn serve(app: Router, state: AppState) -> Self {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let token = stop.clone();
        let stopped = tokio::spawn(async move { serve(listener, app, &state, token).await });
        Self { address, stop, stopped }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(self) -> Drained {
        self.stop.cancel();
        self.stopped.await.unwrap()
    }
}

const BODY: &str = r#"{"merchantId":"M1","amount":1,"currency":"KRW","idempotencyKey":"k"}"#;

fn call() -> String {
    format!(
        "POST /payments/authorize HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
}

/// Everything until the server closes.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer of a connection that stays open.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") || !bytes.ends_with(b"}") {
        let read = stream.read_buf(&mut bytes).await.unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn quick() -> HttpSettings {
    HttpSettings { drain_grace: Duration::from_millis(20), ..HttpSettings::default() }
}

#[tokio::test]
async fn a_header_that_does_not_come_costs_a_connection_only_for_a_while() {
    let settings = HttpSettings { header_time_limit: Duration::from_millis(50), ..quick() };
    let server = Server::start(StubPayments::new(Behaviour::Reply(ok())), settings);
    let mut slow = server.connect().await;
    slow.write_all(b"POST /payments/authorize HTTP/1.1\r\nhost: localhost\r\nx-a: ").await.unwrap();
    let mut idle = server.connect().await;
    timeout(Duration::from_secs(5), read_to_end(&mut slow)).await.expect("the slow connection is closed");
    timeout(Duration::from_secs(5), read_to_end(&mut idle)).await.expect("the idle connection is closed");
    assert_eq!(server.stop().await.cut, 0);
}

#[tokio::test]
async fn a_header_that_is_too_long_is_refused() {
    let server = Server::start(StubPayments::new(Behaviour::Reply(ok())), quick());
    let mut stream = server.connect().await;
    let header = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-a: {}\r\n\r\n", "a".repeat(32 * 1024));
    stream.write_all(header.as_bytes()).await.unwrap();
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 431"));
    server.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_hears_why_and_the_others_go_on() {
    let server = Server::start(
        StubPayments::new(Behaviour::Reply(ok())),
        HttpSettings { connections_max: 1, ..quick() },
    );
    let mut first = server.connect().await;
    first.write_all(call().as_bytes()).await.unwrap();
    assert!(read_answer(&mut first).await.starts_with("HTTP/1.1 200"));
    let mut second = server.connect().await;
    second.write_all(call().as_bytes()).await.unwrap();
    second.shutdown().await.unwrap();
    let refusal = read_to_end(&mut second).await;
    assert!(refusal.starts_with("HTTP/1.1 503"), "{refusal}");
    assert!(
        refusal.contains("\r\nretry-after: 1\r\n") && refusal.contains("\r\nx-request-id: req_"),
        "{refusal}"
    );
    let (_, body) = refusal.split_once("\r\n\r\n").unwrap();
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["code"], "OVERLOADED");
    first.write_all(call().as_bytes()).await.unwrap();
    assert!(read_answer(&mut first).await.starts_with("HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_has_said_all_still_hears_its_answer() {
    let server = Server::start(StubPayments::new(Behaviour::Reply(ok())), quick());
    let mut stream = server.connect().await;
    stream.write_all(call().as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test]
async fn a_huge_body_is_refused_with_an_answer_not_a_reset() {
    let server = Server::start(StubPayments::new(Behaviour::Reply(ok())), quick());
    for (head, tail) in [
        ("content-length: 4000000\r\n\r\n", ""),
        ("transfer-encoding: chunked\r\n\r\n3d0900\r\n", "\r\n0\r\n\r\n"),
    ] {
        let mut stream = server.connect().await;
        let head = format!(
            "POST /payments/authorize HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{head}"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; 4_000_000]).await.unwrap();
        stream.write_all(tail.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    server.stop().await;
}

/// Answers once it is let go.
#[derive(Debug, Default)]
struct Gated {
    entered: Shut,
    leave: Shut,
}

#[derive(Debug)]
struct Shut(Semaphore);

impl Default for Shut {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

#[async_trait::async_trait]
impl PaymentCalls for Gated {
    async fn authorize(&self, _: engine::payments::Call<engine::payments::Authorize>) -> Reply {
        self.entered.0.add_permits(1);
        let _ = self.leave.0.acquire().await;
        Reply { body: Bytes::from_static(b"{\"late\":true}"), ..ok() }
    }

    async fn capture(
        &self,
        _: engine::payments::Call<engine::payments::OnPayment<domain::payment::Capture>>,
    ) -> Reply {
        ok()
    }

    async fn void(
        &self,
        _: engine::payments::Call<engine::payments::OnPayment<domain::payment::Void>>,
    ) -> Reply {
        ok()
    }

    async fn refund(
        &self,
        _: engine::payments::Call<engine::payments::OnPayment<domain::payment::Refund>>,
    ) -> Reply {
        ok()
    }
}

#[tokio::test]
async fn stopping_answers_what_was_accepted_and_closes_what_is_idle() {
    let gated = Arc::new(Gated::default());
    let server = Server::start(gated.clone(), quick());
    let mut idle = server.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    read_answer(&mut idle).await;
    let mut busy = server.connect().await;
    busy.write_all(call().as_bytes()).await.unwrap();
    gated.entered.0.acquire().await.unwrap().forget();
    server.stop.cancel();
    // The idle one is closed although the busy one is still being answered.
    assert_eq!(read_to_end(&mut idle).await, "");
    gated.leave.0.add_permits(1);
    let answer = read_to_end(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"late":true}"#), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    let address = server.address;
    assert_eq!(server.stop().await, Drained { cut: 0 });
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_sent_while_stopping_begins_is_answered_with_close() {
    let server = Server::start(
        StubPayments::new(Behaviour::Reply(ok())),
        HttpSettings { drain_grace: Duration::from_secs(30), ..HttpSettings::default() },
    );
    let mut stream = server.connect().await;
    stream.write_all(call().as_bytes()).await.unwrap();
    read_answer(&mut stream).await;
    server.stop.cancel();
    let answer = loop {
        // Until the server has seen the signal it keeps the connection.
        stream.write_all(call().as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        if answer.contains("connection: close") {
            break answer;
        }
    };
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(read_to_end(&mut stream).await, "");
    server.stopped.abort();
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_hold_up_stopping() {
    let gated = Arc::new(Gated::default());
    let server =
        Server::start(gated.clone(), HttpSettings { drain_time_limit: Duration::from_millis(50), ..quick() });
    let mut stuck = server.connect().await;
    stuck.write_all(call().as_bytes()).await.unwrap();
    gated.entered.0.acquire().await.unwrap().forget();
    assert_eq!(server.stop().await, Drained { cut: 1 });
    assert_eq!(read_to_end(&mut stuck).await, "");
}

/// Asks for something that never ends, and reads nothing of it.
async fn deaf(server: &Server) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    // The head has come, so the answer has begun.
    stream.readable().await.unwrap();
    stream
}

fn endless(settings: HttpSettings) -> Server {
    let chunks =
        || futures_util::stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 65_536])));
    let route = axum::routing::get(move || async move { Body::from_stream(chunks()) });
    Server::serve(Router::new().route("/endless", route), state(StubPayments::new(Behaviour::Hang), settings))
}

#[tokio::test]
async fn a_client_that_takes_nothing_does_not_hold_up_stopping() {
    let server = endless(quick());
    let _deaf = deaf(&server).await;
    let drained = timeout(Duration::from_secs(10), server.stop()).await.expect("long before the drain limit");
    assert_eq!(drained, Drained { cut: 0 });
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_connection() {
    let settings =
        HttpSettings { write_stall_limit: Duration::from_millis(50), connections_max: 1, ..quick() };
    let server = endless(settings);
    let _deaf = deaf(&server).await;
    wait_until("its place is free", Duration::from_secs(10), async || {
        let mut next = server.connect().await;
        next.write_all(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        read_to_end(&mut next).await.starts_with("HTTP/1.1 404")
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_stream_whose_client_has_gone_frees_its_place_within_seconds() {
    let books = Books::open();
    let server = Server::serve(books.app.clone(), books.state.clone());
    let mut client = server.connect().await;
    client.write_all(b"GET /events/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    client.readable().await.unwrap();
    let free = || books.state.desk.streams.available_permits();
    assert_eq!(free(), 255);
    drop(client);
    wait_until("its place is free", Duration::from_secs(8), async || free() == 256).await;
    server.stop().await;
}
