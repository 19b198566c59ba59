//! What answers: the server, or at least a free port for it, and the acquirer.

use std::{net::TcpListener, time::Duration};

use super::Check;
#[cfg(feature = "redis")]
use crate::cli::{exit::Exit, failure::Failure};
use crate::{
    cli::{output::Output, remote::Server},
    client::HttpClient,
    config::{AcquirerKind, Settings},
};

/// How long the acquirer may take to say that it lives.
const ACQUIRER_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn checks(output: &Output, settings: &Settings, server: &Server<'_>) -> Vec<Check> {
    let mut checks = vec![api(output, settings, server).await];
    checks.extend(acquirer(output, settings).await);
    #[cfg(feature = "redis")]
    checks.extend(redis(output, settings).await);
    checks
}

/// Away is doubtful, not bad: payments pass without it, uncounted.
#[cfg(feature = "redis")]
async fn redis(output: &Output, settings: &Settings) -> Option<Check> {
    use crate::wiring::inspect_redis;
    const NAME: &str = "redis";
    let host = settings.redis.host.as_ref()?;
    let shown = format!("{host}:{}", settings.redis.port);
    Some(match inspect_redis(settings).await {
        Ok(found) => {
            let found = found?;
            let text =
                format!("{}: {shown}, {}", output.pick("Redis가 답함", "redis answers"), found.version);
            if !found.evicts() {
                return Some(Check::good(NAME, text));
            }
            let mend = output.pick(
                "maxmemory-policy를 noeviction으로 바꾸세요. 메모리가 차면 한도와 응답 사본이 말없이 사라져요",
                "set maxmemory-policy to noeviction: when memory is full, limits and copies of answers vanish in silence",
            );
            Check::doubtful(NAME, format!("{text}, maxmemory-policy {}", found.eviction_policy), mend)
        }
        Err(error) => {
            let why = Failure::of_error(Exit::Unreachable, &error).sentence;
            let mend = output.pick(
                "REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, REDIS_TLS를 확인하세요. 그때까지 한도는 세지 않고 통과시켜요",
                "check REDIS_HOST, REDIS_PORT, REDIS_PASSWORD and REDIS_TLS; until then limits let every call pass",
            );
            Check::doubtful(NAME, format!("{shown}: {why}"), mend)
        }
    })
}

async fn api(output: &Output, settings: &Settings, server: &Server<'_>) -> Check {
    const NAME: &str = "server";
    let base = server.base();
    match server.client().get("/readyz").await {
        Ok(answer) if answer.status == 200 => Check::good(
            NAME,
            format!("{}: {base}", output.pick("서버가 요청을 받음", "the server takes requests")),
        ),
        Ok(answer) => {
            let found = output.pick("서버가 요청을 받지 않음", "the server takes no requests");
            let mend = output.pick("서버의 로그를 보세요", "look at the server's log");
            Check::bad(NAME, format!("{found}: {base}: HTTP {}", answer.status), mend)
        }
        Err(error) if error.nothing_was_sent() => port(output, settings),
        Err(error) => Check::bad(
            NAME,
            error.to_string(),
            output.pick("서버의 로그를 보세요", "look at the server's log"),
        ),
    }
}

fn port(output: &Output, settings: &Settings) -> Check {
    const NAME: &str = "port";
    let address = settings.socket();
    match TcpListener::bind(address) {
        Ok(_) => {
            let found = output
                .pick("서버가 떠 있지 않고 포트는 비어 있음", "the server does not run; its port is free");
            Check::doubtful(NAME, format!("{found}: {address}"), "swelite up")
        }
        Err(error) => {
            let found = output.pick("포트를 쓸 수 없음", "the port cannot be used");
            let mend = output.pick("다른 --port를 고르세요", "choose another --port");
            Check::bad(NAME, format!("{found}: {address}: {error}"), mend)
        }
    }
}

async fn acquirer(output: &Output, settings: &Settings) -> Option<Check> {
    const NAME: &str = "acquirer";
    let url =
        settings.acquirer.url.as_ref().filter(|_| settings.acquirer.kind == AcquirerKind::SimulatorRemote)?;
    let client = HttpClient::new(url.as_str(), ACQUIRER_TIMEOUT);
    Some(match client.get("/healthz").await {
        Ok(answer) if answer.status == 200 => Check::good(
            NAME,
            format!("{}: {}", output.pick("매입사가 답함", "the acquirer answers"), url.as_str()),
        ),
        Ok(answer) => {
            Check::bad(NAME, format!("{}: HTTP {}", url.as_str(), answer.status), "swelite simulator")
        }
        Err(error) => Check::bad(NAME, error.to_string(), "swelite simulator"),
    })
}
