//! What Redis is asked to do in one step: a script, called by its digest.

use redis::{Cmd, ErrorKind, RedisResult, Script, ServerErrorKind, Value, aio::MultiplexedConnection};

/// A script that is sent once and then called by its digest.
#[derive(Debug)]
pub(super) struct Procedure {
    source: &'static str,
    digest: Box<str>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Procedures {
    pub(super) admit: Procedure,
    pub(super) give_back: Procedure,
    pub(super) standing: Procedure,
}

impl Procedures {
    pub(super) fn new() -> Self {
        Self {
            admit: Procedure::new(include_str!("admit.lua")),
            give_back: Procedure::new(include_str!("give_back.lua")),
            standing: Procedure::new(include_str!("standing.lua")),
        }
    }
}

impl Procedure {
    fn new(source: &'static str) -> Self {
        Self { source, digest: Script::new(source).get_hash().into() }
    }

    /// One round trip; a second one when the server has forgotten (or never known) the script.
    pub(super) async fn call(
        &self,
        connection: &mut MultiplexedConnection,
        keys: &[&str],
        numbers: &[u64],
    ) -> RedisResult<Value> {
        let called = command("EVALSHA", &self.digest, keys, numbers).query_async(connection).await;
        match called {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                command("EVAL", self.source, keys, numbers).query_async(connection).await
            }
            called => called,
        }
    }
}

fn command(verb: &str, script: &str, keys: &[&str], numbers: &[u64]) -> Cmd {
    const AROUND: usize = 64;
    let bytes = script.len() + keys.iter().map(|key| key.len()).sum::<usize>() + AROUND;
    let mut command = Cmd::with_capacity(3 + keys.len() + numbers.len(), bytes);
    command.arg(verb).arg(script).arg(keys.len());
    for key in keys {
        command.arg(*key);
    }
    for number in numbers {
        command.arg(*number);
    }
    command
}
