//! A TCP proxy in front of a server that cuts a connection at a chosen word.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Where the next connection is cut, once.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// When this is asked, before the server hears it.
    Question(&'static str),
    /// When this was asked and the server has answered it: the answer is lost.
    AnswerTo(&'static str),
}

#[derive(Default, Debug)]
struct Plan {
    cut: Mutex<Option<Cut>>,
    refuse: AtomicBool,
    cuts: AtomicUsize,
}

/// A proxy; it ends with its runtime.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    plan: Arc<Plan>,
}

impl Proxy {
    /// In front of a server.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn to(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("listen: {error}"));
        let own = listener.local_addr().unwrap_or_else(|error| panic!("listen: {error}"));
        let plan = Arc::new(Plan::default());
        let proxy = Self { port: own.port(), plan: Arc::clone(&plan) };
        let server = (host.to_owned(), port);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if plan.refuse.load(Ordering::SeqCst) {
                    continue;
                }
                tokio::spawn(carry(client, server.clone(), Arc::clone(&plan)));
            }
        });
        proxy
    }

    /// Where it listens, on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts one connection.
    pub fn cut(&self, cut: Cut) {
        *self.plan.planned() = Some(cut);
    }

    /// Whether new connections are closed at once.
    pub fn refuse(&self, refuse: bool) {
        self.plan.refuse.store(refuse, Ordering::SeqCst);
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.plan.cuts.load(Ordering::SeqCst)
    }
}

/// Carries bytes both ways until one side ends or the connection is cut.
async fn carry(mut client: TcpStream, (host, port): (String, u16), plan: Arc<Plan>) {
    let Ok(mut server) = TcpStream::connect((host.as_str(), port)).await else { return };
    let (mut question, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut lose_answer = false;
    loop {
        tokio::select! {
            read = client.read(&mut question) => {
                let Ok(length @ 1..) = read else { return };
                match plan.taken(&question[..length]) {
                    Some(Cut::Question(_)) => return,
                    Some(Cut::AnswerTo(_)) => lose_answer = true,
                    None => {}
                }
                if server.write_all(&question[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                if lose_answer || client.write_all(&answer[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Plan {
    fn planned(&self) -> MutexGuard<'_, Option<Cut>> {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the planned cut if these bytes hold its word.
    fn taken(&self, question: &[u8]) -> Option<Cut> {
        let mut cut = self.planned();
        let (Cut::Question(word) | Cut::AnswerTo(word)) = (*cut)?;
        let found = question.windows(word.len()).any(|window| window == word.as_bytes());
        if !found {
            return None;
        }
        self.cuts.fetch_add(1, Ordering::SeqCst);
        cut.take()
    }
}
