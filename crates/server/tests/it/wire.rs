//! A bare TCP connection to the platform, for what a well-behaved client cannot do.
//!
//! It refuses to hide anything: an answer that is cut short is an error, never an answer.

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::LIMIT;

/// A connection.
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    /// What was read and belongs to the next answer.
    unread: Vec<u8>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct WireAnswer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    /// Connects to the platform on `port`.
    pub(crate) async fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    /// The next answer, whole.
    pub(crate) async fn answer(&mut self) -> io::Result<WireAnswer> {
        timeout(LIMIT, self.read_answer()).await.unwrap_or_else(|_| panic!("no answer within {LIMIT:?}"))
    }

    /// Whatever else comes until the other side closes; a reset is an end too.
    pub(crate) async fn until_closed(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.unread);
        let reading = timeout(LIMIT, self.stream.read_to_end(&mut rest)).await;
        assert!(reading.is_ok(), "the connection was not closed within {LIMIT:?}");
        rest
    }

    async fn read_answer(&mut self) -> io::Result<WireAnswer> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await?;
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).to_lowercase();
        let length = header(&head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        while self.unread.len() < end + length {
            self.read_more().await?;
        }
        let rest = self.unread.split_off(end + length);
        let body = std::mem::replace(&mut self.unread, rest).split_off(end);
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("not an answer: {head}")))?;
        Ok(WireAnswer { status, head, body })
    }

    async fn read_more(&mut self) -> io::Result<()> {
        let read = self.stream.read_buf(&mut self.unread).await?;
        if read > 0 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl WireAnswer {
    /// Whether the platform will close the connection.
    pub(crate) fn closes(&self) -> bool {
        header(&self.head, "connection") == Some("close")
    }
}

/// A POST of JSON, as bytes.
pub(crate) fn post(path: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(field, _)| *field == name).map(|(_, value)| value.trim())
}
