//! The loop that sends and receives.
//!
//! Closed: each caller sends when it has its answer. Open: calls are due at a rate and wait for a free caller; their latency
//! counts from the moment they were due, so a server that stalls cannot hide it.

use std::{collections::VecDeque, io, net::SocketAddr, time::Duration};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};

use crate::{
    connection::{Connection, InFlight},
    pace::Arrivals,
    request::{Call, Requests, Scenario, Step},
    response::{self, Answer},
    time::Stopwatch,
};

/// The longest wait for something to happen; ends and samples are looked at in between.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// More broken connections than this and the numbers mean nothing.
const BROKEN_MAX: u64 = 1000;

/// What to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) scenario: Scenario,
    pub(crate) connections: usize,
    pub(crate) rate: Option<u64>,
}

/// What came of it, since the last reset.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// Microseconds from due to answered, by step.
    pub(crate) latency: [Histogram<u64>; 3],
    /// Microseconds from due to sent: how late the generator itself was.
    pub(crate) lateness: Histogram<u64>,
    /// Answers with a 2xx status.
    pub(crate) succeeded: u64,
    /// Answers with another status.
    pub(crate) refused: u64,
    /// One status that was not 2xx, to say which.
    pub(crate) refused_with: Option<u16>,
    /// Connections that broke.
    pub(crate) broken: u64,
}

/// The generator.
pub(crate) struct Driver {
    plan: Plan,
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    waiting: VecDeque<(Call, u64)>,
    arrivals: Option<Arrivals>,
    requests: Requests,
    clock: Stopwatch,
    /// What came of it.
    pub(crate) tally: Tally,
}

impl Tally {
    fn new() -> Result<Self> {
        // Three digits up to a minute: an error of 0.1 %.
        let histogram = || Histogram::new_with_max(60_000_000, 3).context("make a histogram");
        Ok(Self {
            latency: [histogram()?, histogram()?, histogram()?],
            lateness: histogram()?,
            succeeded: 0,
            refused: 0,
            refused_with: None,
            broken: 0,
        })
    }

    /// Answers of any status.
    pub(crate) fn answered(&self) -> u64 {
        self.succeeded + self.refused
    }
}

impl Driver {
    /// Connects.
    pub(crate) fn new(plan: Plan, requests: Requests) -> Result<Self> {
        let poll = Poll::new().context("create a poll")?;
        let mut driver = Self {
            plan,
            poll,
            events: Events::with_capacity(1024),
            connections: Vec::with_capacity(plan.connections),
            idle: (0..plan.connections).rev().collect(),
            waiting: VecDeque::new(),
            arrivals: plan.rate.map(Arrivals::new),
            requests,
            clock: Stopwatch::start(),
            tally: Tally::new()?,
        };
        for index in 0..plan.connections {
            let connection = driver.connect(index)?;
            driver.connections.push(connection);
        }
        Ok(driver)
    }

    /// Forgets what was counted so far; what is on its way goes on.
    pub(crate) fn reset(&mut self) -> Result<()> {
        self.tally = Tally::new()?;
        Ok(())
    }

    /// Keeps up the load until `done` says so; it is asked at least every 50 ms.
    pub(crate) fn run(&mut self, mut done: impl FnMut(&Tally, u64) -> bool) -> Result<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        while !done(&self.tally, self.clock.micros()) {
            self.send_due()?;
            let now = self.clock.micros();
            let pause = self.arrivals.map_or(LOOK_EVERY, |arrivals| arrivals.pause(now).min(LOOK_EVERY));
            match self.poll.poll(&mut events, Some(pause)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("wait for answers"),
            }
            for event in &events {
                self.advance(event.token().0, event.is_readable(), event.is_writable())?;
            }
        }
        self.events = events;
        Ok(())
    }

    /// Lets what is on its way come to its end, and sends nothing new.
    pub(crate) fn finish(&mut self) -> Result<()> {
        let clock = Stopwatch::start();
        let mut events = Events::with_capacity(1024);
        while self.idle.len() < self.connections.len() && clock.elapsed() < Duration::from_secs(10) {
            self.poll.poll(&mut events, Some(LOOK_EVERY)).context("wait for the last answers")?;
            for event in &events {
                let index = event.token().0;
                if let Ok(Some(_)) = self.connections[index].receive() {
                    self.idle.push(index);
                }
            }
        }
        Ok(())
    }

    fn send_due(&mut self) -> Result<()> {
        let now = self.clock.micros();
        if let Some(mut arrivals) = self.arrivals {
            while let Some(due) = arrivals.take_due(now) {
                self.waiting.push_back((self.first_call(), due));
            }
            self.arrivals = Some(arrivals);
            while let (Some(&(call, due)), Some(index)) = (self.waiting.front(), self.idle.last().copied()) {
                self.waiting.pop_front();
                self.idle.pop();
                self.send(index, call, due)?;
            }
        } else {
            while let Some(index) = self.idle.pop() {
                self.send(index, self.first_call(), now)?;
            }
        }
        Ok(())
    }

    fn first_call(&self) -> Call {
        Call { step: Step::Authorize, merchant: self.requests.merchant(), payment: 0 }
    }

    fn send(&mut self, index: usize, call: Call, due_micros: u64) -> Result<()> {
        let late = self.clock.micros().saturating_sub(due_micros);
        self.tally.lateness.saturating_record(late);
        let connection = &mut self.connections[index];
        self.requests.render(call, &mut connection.out);
        match connection.begin(InFlight { call, due_micros }) {
            Ok(()) => Ok(()),
            Err(_) => self.reconnect(index),
        }
    }

    fn advance(&mut self, index: usize, readable: bool, writable: bool) -> Result<()> {
        let connection = &mut self.connections[index];
        let Some(in_flight) = connection.in_flight else {
            return Ok(());
        };
        if writable && connection.send_rest().is_err() {
            return self.reconnect(index);
        }
        if !readable {
            return Ok(());
        }
        match connection.receive() {
            Ok(Some(answer)) => self.answered(index, in_flight, answer),
            Ok(None) => Ok(()),
            Err(_) => self.reconnect(index),
        }
    }

    fn answered(&mut self, index: usize, in_flight: InFlight, answer: Answer) -> Result<()> {
        let now = self.clock.micros();
        let InFlight { call, due_micros } = in_flight;
        self.tally.latency[call.step as usize].saturating_record(now.saturating_sub(due_micros));
        let success = (200..300).contains(&answer.status);
        if success {
            self.tally.succeeded += 1;
        } else {
            self.tally.refused += 1;
            self.tally.refused_with = Some(answer.status);
        }
        let connection = &mut self.connections[index];
        connection.in_flight = None;
        let next = if success { call.step.next(self.plan.scenario) } else { None };
        match next {
            // The steps of one flow follow each other; only its first call is due at a rate.
            Some(step) => {
                let known = response::payment_id(connection.body(answer));
                let payment = known.context("an answer without a paymentId")?;
                self.send(index, Call { step, payment, ..call }, now)
            }
            None if self.arrivals.is_none() => self.send(index, self.first_call(), now),
            None => {
                self.idle.push(index);
                self.send_due()
            }
        }
    }

    fn reconnect(&mut self, index: usize) -> Result<()> {
        self.tally.broken += 1;
        ensure!(self.tally.broken < BROKEN_MAX, "{BROKEN_MAX} connections broke");
        self.connections[index] = self.connect(index)?;
        self.idle.push(index);
        Ok(())
    }

    fn connect(&mut self, index: usize) -> Result<Connection> {
        let mut connection = Connection::open(self.plan.address).context("connect")?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut connection.stream, Token(index), interest)
            .context("watch a connection")?;
        Ok(connection)
    }
}
