//! `swelite up`: every role in this process, in the foreground.

use std::io::ErrorKind;

use clap::Args;

use super::{Context, Exit, config::SettingsArgs, failure::Failure, lang::Lang, open_failure};
use crate::{
    config::{Flags, Settings},
    telemetry::logs,
    wiring::{self, CacheFault, Listening, Role, UpError},
};

/// Run the platform: API, worker and loops, until it is asked to end.
///
/// A first SIGINT or SIGTERM answers what was accepted and then ends; a second one ends at once.
#[derive(Debug, Args)]
pub(super) struct Up {
    #[command(flatten)]
    settings: SettingsArgs,
    /// The TCP port; 0 takes a free one (SERVER_PORT)
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen on (SWELITE_LISTEN)
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Up {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut flags = Flags::new();
        flags.extend(self.port.map(|port| ("SERVER_PORT", port.to_string())));
        flags.extend(self.listen.clone().map(|address| ("SWELITE_LISTEN", address)));
        let settings = self.settings.load(context, flags)?.settings;
        logs::init(&settings.log, context.output.color);
        let up = wiring::up(&settings, Role::Everything, |at| greet(context, &settings, &at));
        up.map_err(|error| up_failure(context.output.lang, &error))
    }
}

fn greet(context: &Context, settings: &Settings, at: &Listening) {
    let (output, address) = (&context.output, at.address);
    let books = wiring::books_place(settings);
    output.say(&match output.lang {
        Lang::Ko => format!(
            "Payment SWElite가 http://{address} 에서 결제를 받고 있어요 · 장부 {books} · 끝내기 Ctrl-C"
        ),
        Lang::En => {
            format!("Payment SWElite takes payments at http://{address} · books in {books} · Ctrl-C ends it")
        }
    });
    if !settings.limits.enabled {
        output.say(output.pick(
            "! 요청 한도가 꺼져 있어요 (SWELITE_RATE_LIMITS=off).",
            "! rate limits are off (SWELITE_RATE_LIMITS=off)",
        ));
    }
    if !address.ip().is_loopback() {
        output.say(output.pick(
            "! 이 주소에 닿는 누구나 결제할 수 있어요 (SWELITE_TRUST_NETWORK=on).",
            "! everyone who can reach this address may move money (SWELITE_TRUST_NETWORK=on)",
        ));
    }
    tell_first_link(context, at);
}

/// The one-time link of the first admin, if there is one to be told.
pub(super) fn tell_first_link(context: &Context, at: &Listening) {
    let (output, Some(link)) = (&context.output, &at.first_link) else { return };
    output.say(output.pick(
        "! 아직 관리자가 없어요. 이 주소에서 첫 관리자의 비밀번호를 정하세요 (한 번만 쓸 수 있어요):",
        "! there is no admin yet: set the first one's password here (good once):",
    ));
    output.say(&format!("  {link}"));
}

pub(super) fn up_failure(lang: Lang, error: &UpError) -> Failure {
    match error {
        UpError::Store(error) => open_failure(lang, error),
        UpError::Listen { address, source } if source.kind() == ErrorKind::AddrInUse => {
            let next = lang.pick(
                "이미 떠 있는 것을 쓰거나, --port로 다른 포트를 고르세요. 아무것도 바꾸지 않았어요.",
                "use what runs there, or choose another with --port; nothing was changed",
            );
            let sentence = match lang {
                Lang::Ko => format!("포트 {}을 다른 프로그램이 쓰고 있어요 ({address}).", address.port()),
                Lang::En => format!("port {} is taken: another program listens on {address}", address.port()),
            };
            Failure::new(Exit::Unexpected, sentence).then(next)
        }
        UpError::Listen { .. } => {
            let next = lang.pick("--listen과 --port를 확인하세요.", "check --listen and --port");
            Failure::of_error(Exit::Unexpected, error).then(next)
        }
        UpError::Cache(CacheFault::Authority { .. } | CacheFault::Address(_)) => {
            let next = lang.pick("REDIS_* 설정을 고쳐 보세요.", "correct the REDIS_* settings");
            Failure::of_error(Exit::Usage, error).then(next)
        }
        UpError::Traces(_) => {
            let next =
                lang.pick("OTEL_ 로 시작하는 설정을 확인하세요.", "check the settings that begin with OTEL_");
            Failure::of_error(Exit::Usage, error).then(next)
        }
        UpError::Broker(_) => {
            let next = lang
                .pick("KAFKA_ 로 시작하는 설정을 확인하세요.", "check the settings that begin with KAFKA_");
            Failure::of_error(Exit::Usage, error).then(next)
        }
        UpError::Cache(CacheFault::Books(_)) | UpError::FirstLink(_) | UpError::Machine { .. } => {
            Failure::of_error(Exit::Unexpected, error)
        }
    }
}
