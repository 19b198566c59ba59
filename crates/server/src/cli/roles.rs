//! `swelite ingest` and `swelite worker`: one role a process, any number of processes over one database and one broker.

use clap::Args;

use super::{
    Context, Exit,
    config::SettingsArgs,
    failure::Failure,
    lang::Lang,
    up::{tell_first_link, up_failure},
};
use crate::{
    config::{Flags, Settings},
    telemetry::logs,
    wiring::{self, Role},
};

/// A role by itself.
#[derive(Debug, Args)]
pub(super) struct OneRole {
    #[command(flatten)]
    settings: SettingsArgs,
    /// The TCP port; 0 takes a free one (SERVER_PORT)
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen on (SWELITE_LISTEN)
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl OneRole {
    pub(super) fn run(self, context: &Context, name: &str, role: Role) -> Result<(), Failure> {
        let mut flags = Flags::new();
        flags.extend(self.port.map(|port| ("SERVER_PORT", port.to_string())));
        flags.extend(self.listen.clone().map(|address| ("SWELITE_LISTEN", address)));
        let settings = self.settings.load(context, flags)?.settings;
        refuse_embedded(context, &settings, name)?;
        logs::init(&settings.log, context.output.color);
        let up = wiring::up(&settings, role, |at| {
            let address = at.address;
            context.output.say(&match context.output.lang {
                Lang::Ko => {
                    format!("swelite {name}를 http://{address} 에서 실행하고 있어요 · 끝내기 Ctrl-C")
                }
                Lang::En => format!("swelite {name} runs at http://{address} · Ctrl-C ends it"),
            });
            tell_first_link(context, &at);
        });
        up.map_err(|error| up_failure(context.output.lang, &error))
    }
}

/// The embedded store belongs to one process, and the embedded log to one worker.
fn refuse_embedded(context: &Context, settings: &Settings, name: &str) -> Result<(), Failure> {
    if settings.mariadb.host.is_some() && settings.kafka.bootstrap_servers.is_some() {
        return Ok(());
    }
    let output = &context.output;
    let sentence = match output.lang {
        Lang::Ko => format!("`swelite {name}`만 따로 띄우려면 MariaDB와 Kafka가 필요해요."),
        Lang::En => format!("`swelite {name}` by itself needs MariaDB and Kafka"),
    };
    let next = output.pick(
        "PAYMENT_DB_HOST와 KAFKA_BOOTSTRAP_SERVERS를 정하거나, 모든 역할을 한 프로세스에서 실행하는 `swelite up`을 쓰세요.",
        "set PAYMENT_DB_HOST and KAFKA_BOOTSTRAP_SERVERS, or use `swelite up`, which runs every role in one process",
    );
    Err(Failure::new(Exit::Usage, sentence).then(next))
}
