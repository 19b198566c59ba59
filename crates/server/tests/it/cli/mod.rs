//! The command line: what it says, to whom, and how it ends.

mod copies;
mod dead_letters;
mod exit_codes;
mod output;
mod simulator;
mod up;
mod usage;
mod words;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use testkit::process::Launch;

const BINARY: &str = env!("CARGO_BIN_EXE_swelite");

/// `swelite` with nothing in its environment but `variables`.
fn swelite(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(arguments, variables).output().unwrap()
}

fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(BINARY);
    // Nothing can be written here: a test that forgets to say where the books are fails, and leaves none in the tree.
    command.current_dir("/proc");
    command.env_clear().envs(variables.iter().copied()).args(arguments).stdin(Stdio::null());
    command
}

fn launch(data_dir: &Path) -> Launch {
    Launch::new(BINARY, data_dir)
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("ended by a signal: {output:?}"))
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// The first `http://…` the process says, from the stream it talks on.
fn address_said(child: &mut Child) -> String {
    let talk = child.stderr.take().unwrap();
    let mut lines = BufReader::new(talk);
    let mut said = String::new();
    loop {
        let mut line = String::new();
        let read = lines.read_line(&mut line).unwrap();
        assert!(read > 0, "it ended without naming its address: {said}");
        if let Some(at) = line.find("http://") {
            // Whoever closes the pipe would make the process's later words fail.
            thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            let rest = &line[at..];
            return rest[..rest.find(char::is_whitespace).unwrap()].to_owned();
        }
        said.push_str(&line);
    }
}

/// A server that answers one request a connection with `answer` and hangs up, or keeps silent if there is none. Its address, and
/// a word for every request it has heard.
fn server_that_says(answer: Option<&'static str>) -> (String, Receiver<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heard, hearing) = channel();
    thread::spawn(move || {
        let mut silent = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 4096];
            assert!(connection.read(&mut request).unwrap() > 0);
            // A test that is over listens no more.
            let _ = heard.send(());
            match answer {
                Some(answer) => connection.write_all(answer.as_bytes()).unwrap(),
                None => silent.push(connection),
            }
        }
    });
    (url, hearing)
}
