//! The few calls that tasks make: one connection a call, an answer of known length or until the end.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A status and a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("the answer is no JSON: {}", self.body))
    }
}

/// Reads `path` from the server on `port`.
pub(crate) fn get(port: u16, path: &str) -> Result<Answer> {
    get_from(&format!("127.0.0.1:{port}"), path)
}

/// Reads `path` from the server at `address` (`host:port`).
pub(crate) fn get_from(address: &str, path: &str) -> Result<Answer> {
    call(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

/// Sends `body` to `path`.
pub(crate) fn post(port: u16, path: &str, body: &Value) -> Result<Answer> {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    call(&format!("127.0.0.1:{port}"), &format!("{head}{body}"))
}

fn call(address: &str, request: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(request.as_bytes()).context("send the request")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).context("read the answer")?;
    parse(&String::from_utf8_lossy(&bytes)).context("the answer is no HTTP")
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_its_body() {
        let answer = parse("HTTP/1.1 402 Payment Required\r\nX: y\r\n\r\n{\"a\":1}").unwrap();
        assert_eq!((answer.status, answer.json().unwrap()["a"].as_i64()), (402, Some(1)));
        assert_eq!(parse("nonsense"), None);
    }
}
