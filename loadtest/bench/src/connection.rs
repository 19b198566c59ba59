//! One caller: a connection with at most one request on its way.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
};

use mio::net::TcpStream;

use crate::{
    request::Call,
    response::{self, Answer},
};

/// Larger than any answer of a payment call.
const BUFFER_BYTES: usize = 16 * 1024;

/// A caller.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The socket.
    pub(crate) stream: TcpStream,
    /// The call on its way; `None` while idle.
    pub(crate) in_flight: Option<InFlight>,
    /// The request being sent.
    pub(crate) out: Vec<u8>,
    sent: usize,
    buffer: Box<[u8]>,
    filled: usize,
}

/// A call on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct InFlight {
    /// What was asked.
    pub(crate) call: Call,
    /// When it should have been sent; latency counts from here.
    pub(crate) due_micros: u64,
}

impl Connection {
    /// Begins to connect.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Ok(Self { stream, in_flight: None, out: Vec::with_capacity(512), sent: 0, buffer, filled: 0 })
    }

    /// Sends what `out` holds, from its start.
    pub(crate) fn begin(&mut self, in_flight: InFlight) -> io::Result<()> {
        self.in_flight = Some(in_flight);
        self.sent = 0;
        self.filled = 0;
        self.send_rest()
    }

    /// Sends what could not be sent before.
    pub(crate) fn send_rest(&mut self) -> io::Result<()> {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if is_not_now(&error) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what has come; `Some` once the answer is complete. The socket is not read until it is empty: with one request on
    /// its way, whatever comes later raises an event of its own.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Answer>> {
        loop {
            let space = &mut self.buffer[self.filled..];
            let room = space.len();
            let count = match self.stream.read(space) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if is_not_now(&error) => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.filled += count;
            let answer = response::parse(&self.buffer[..self.filled]);
            match answer.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))? {
                Some(answer) => return Ok(Some(answer)),
                None if count < room => return Ok(None),
                None if self.filled == self.buffer.len() => return Err(io::ErrorKind::InvalidData.into()),
                None => {}
            }
        }
    }

    /// The body of a received answer.
    pub(crate) fn body(&self, answer: Answer) -> &[u8] {
        &self.buffer[answer.body_at..answer.end]
    }
}

/// The socket is not connected yet, or full, or empty.
fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
}
