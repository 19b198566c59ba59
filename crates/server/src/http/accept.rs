//! The accept loop: connections in, bounded in number, in header size and in time, and stopped without leaving anyone unanswered.
//!
//! `axum::serve` installs no timer, which makes hyper's header timeout inert; so hyper is driven here. The header timeout is
//! also how long a connection may be idle: hyper starts it when it begins to wait for the next request.

mod patience;

use std::{
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, http::HeaderMap};
use futures_util::FutureExt;
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};
use tower::ServiceExt;

use patience::{Patience, Patient};

use super::{
    host::Misaddressed,
    problem::{Code, PROBLEM_JSON, Problem},
    request_id::{RequestId, RequestIds},
    state::AppState,
};

/// Connections the kernel keeps for us between two rounds of the loop.
const BACKLOG: i32 = 4096;
/// Refusals under way at once; beyond it a connection is just closed.
const REFUSALS_MAX: usize = 64;
/// How long a refusal may take.
const REFUSAL_TIME_LIMIT: Duration = Duration::from_secs(1);

/// Who is at the other end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// How serving ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drained {
    /// Connections that were cut because their answers did not come in time.
    pub cut: usize,
}

/// Listens on `address`; port 0 takes any free port.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    bind(address)?.listen()
}

/// An address that is ours, and where nobody is let in yet.
pub struct Bound(Socket);

/// Takes `address`; refused when somebody listens there.
pub fn bind(address: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the last connections of the process before it.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(Bound(socket))
}

impl Bound {
    /// Lets callers in.
    pub fn listen(self) -> io::Result<TcpListener> {
        self.0.listen(BACKLOG)?;
        TcpListener::from_std(self.0.into())
    }
}

/// Serves `app` until `stop`. Then, in this order: every answer closes its connection; after a grace nobody new is let in and
/// idle connections are closed; what was accepted is answered, within the drain limit.
pub async fn serve(listener: TcpListener, app: Router, state: &AppState, stop: CancellationToken) -> Drained {
    let settings = &state.settings;
    let gate = Gate::new(app, state);
    tokio::select! {
        () = gate.accept_all(&listener) => {}
        () = stop.cancelled() => {}
    }
    state.readiness.drain();
    // Clients that are talking to us meet an answer with "close" instead of a reset; new ones still get one.
    let _ = timeout(settings.drain_grace, gate.accept_all(&listener)).await;
    while let Some(Ok((stream, _))) = listener.accept().now_or_never() {
        gate.admit(stream);
    }
    drop(listener);
    gate.close(settings.drain_grace, settings.drain_time_limit).await
}

struct Gate {
    app: Router,
    builder: http1::Builder,
    ids: RequestIds,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    connections: TaskTracker,
    patience: Patience,
    /// Finish what you are answering, then close.
    finish: CancellationToken,
    /// Close now.
    cut: CancellationToken,
}

impl Gate {
    fn new(app: Router, state: &AppState) -> Self {
        let settings = &state.settings;
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(settings.header_time_limit)
            .max_header_size(settings.header_bytes_max)
            .max_buf_size(settings.header_bytes_max.max(64 * 1024))
            .half_close(true)
            .keep_alive(true);
        let finish = CancellationToken::new();
        Self {
            app,
            builder,
            // Another stream of ids than the one of requests that came in.
            ids: RequestIds::new(!state.request_id_seed),
            places: Arc::new(Semaphore::new(settings.connections_max)),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            connections: TaskTracker::new(),
            patience: Patience {
                limit: settings.write_stall_limit,
                limit_stopping: settings.write_stall_limit_stopping,
                stopping: finish.clone(),
            },
            finish,
            cut: CancellationToken::new(),
        }
    }

    /// Lets connections in, for ever.
    async fn accept_all(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if is_the_clients(&error) => {}
                // Out of file descriptors or memory: the next try would fail as fast, so let connections end first.
                Err(error) => {
                    tracing::error!(error = %error, "failed to accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn admit(&self, stream: TcpStream) {
        // Small answers must not wait for an acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => {
                let token = self.connections.token();
                let serving = self.serve(stream, token);
                tokio::spawn(async move {
                    serving.await;
                    drop(place);
                });
            }
            Err(_) => self.refuse(stream),
        }
    }

    fn serve(&self, stream: TcpStream, token: TaskTrackerToken) -> impl Future<Output = ()> + Send + use<> {
        // Who is gone already asks for nothing.
        let peer =
            Peer(stream.peer_addr().map_or_else(|_| Ipv6Addr::UNSPECIFIED.into(), |address| address.ip()));
        let named = self.app.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            if let Some(misaddressed) = Misaddressed::find(&request) {
                request.extensions_mut().insert(misaddressed);
            }
            request.map(Body::new)
        });
        let service = TowerToHyperService::new(named);
        let stream = Patient::new(stream, self.patience.clone());
        let connection = self.builder.serve_connection(TokioIo::new(stream), service);
        let (finish, cut) = (self.finish.clone(), self.cut.clone());
        async move {
            let mut connection = pin!(connection);
            // What ends a connection early (a reset, a timeout, nonsense) is its client's affair: nothing to log above trace.
            let ended = tokio::select! {
                biased;
                ended = connection.as_mut() => Some(ended),
                () = finish.cancelled() => None,
            };
            if ended.is_none() {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    _ = connection.as_mut() => {}
                    () = cut.cancelled() => {}
                }
            }
            drop(token);
        }
    }

    /// Says 503 and closes, so that the client knows that nothing happened.
    fn refuse(&self, mut stream: TcpStream) {
        let Ok(place) = Arc::clone(&self.refusals).try_acquire_owned() else { return };
        let refusal = refusal(&self.ids.of(&HeaderMap::new()));
        tokio::spawn(async move {
            let refusing = async {
                stream.write_all(&refusal).await?;
                stream.shutdown().await?;
                // Closing with unread bytes would reset the connection and take the answer with it.
                let mut unread = [0_u8; 4096];
                while stream.read(&mut unread).await? > 0 {}
                Ok::<_, io::Error>(())
            };
            let _ = timeout(REFUSAL_TIME_LIMIT, refusing).await;
            drop(place);
        });
    }

    async fn close(self, grace: Duration, limit: Duration) -> Drained {
        self.connections.close();
        // Of whoever was let in last nothing has been read yet: to hyper that is idle, and it would close unheard.
        let _ = timeout(grace, self.connections.wait()).await;
        self.finish.cancel();
        if timeout(limit, self.connections.wait()).await.is_ok() {
            return Drained { cut: 0 };
        }
        let cut = self.connections.len();
        self.cut.cancel();
        self.connections.wait().await;
        Drained { cut }
    }
}

/// A whole answer: the connection never reaches the router.
fn refusal(id: &RequestId) -> Vec<u8> {
    let problem = Problem::new(Code::Overloaded, "too many connections; nothing happened");
    let body = problem.to_bytes(&id.0, "");
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {PROBLEM_JSON}\r\nretry-after: 1\r\nx-request-id: {}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        id.0,
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// The connection was gone before we took it.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests;
