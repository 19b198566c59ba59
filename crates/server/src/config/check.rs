//! Settings that are each legal and together wrong, and choices this build cannot honour. Refused before anything starts.

use super::{AcquirerKind, Fault, Settings, Wrong, fault::wrong};

/// Everything wrong between settings.
pub(super) fn relations(settings: &Settings) -> Vec<Fault> {
    let mut faults = Vec::new();
    network(settings, &mut faults);
    not_built_in(settings, &mut faults);
    bounds(settings, &mut faults);
    acquirer(settings, &mut faults);
    authorities(settings, &mut faults);
    kafka(settings, &mut faults);
    faults
}

fn network(settings: &Settings, faults: &mut Vec<Fault>) {
    let listen = &settings.listen;
    if !listen.address.ip.is_loopback() && !listen.trust_network {
        let ip = listen.address.ip;
        let why = wrong(
            format!(
                "is `{ip}`, which others can reach, and callers are not authenticated; set `SWELITE_TRUST_NETWORK=on` \
                 if everyone who can reach it may move money, or listen on 127.0.0.1"
            ),
            format!(
                "`{ip}` 주소에는 다른 곳에서도 접속할 수 있는데 호출하는 쪽을 인증하지 않아요. 접속하는 누구나 돈을 옮겨도 \
                 된다면 `SWELITE_TRUST_NETWORK=on`으로 하고, 아니면 127.0.0.1에서 받으세요"
            ),
        );
        faults.push(Fault::new("SWELITE_LISTEN", why));
    }
}

fn not_built_in(settings: &Settings, faults: &mut Vec<Fault>) {
    let redis = settings.redis.host.is_some() && !cfg!(feature = "redis");
    let mariadb = settings.mariadb.host.is_some();
    let kafka = settings.kafka.bootstrap_servers.is_some();
    let named = [
        (
            "PAYMENT_DB_HOST",
            mariadb && !cfg!(feature = "mariadb"),
            ["MariaDB", "embedded store", "내장 장부를"],
        ),
        (
            "KAFKA_BOOTSTRAP_SERVERS",
            kafka && !cfg!(feature = "kafka"),
            ["Kafka", "embedded log", "내장 로그를"],
        ),
        ("REDIS_HOST", redis, ["Redis", "in-memory cache", "메모리 캐시를"]),
    ];
    for (variable, chosen, [component, twin, twin_korean]) in named {
        if chosen {
            let why = wrong(
                format!("chooses {component}, which is not built in; unset it to use the {twin}"),
                format!("이 빌드에는 {component} 기능이 없어요. 지우면 {twin_korean} 써요"),
            );
            faults.push(Fault::new(variable, why));
        }
    }
    match settings.store.lanes {
        Some(lanes) if mariadb && !(1..=255).contains(&lanes) => {
            let why = wrong(
                format!("must be a whole number from 1 to 255, is {lanes}"),
                format!("1부터 255까지의 정수여야 해요 (지금 값 `{lanes}`)"),
            );
            faults.push(Fault::new("SWELITE_LANES", why));
        }
        Some(lanes) if !mariadb && lanes != 1 => {
            let why = wrong(
                "must be 1: the embedded store has one lane",
                "1이어야 해요. 내장 장부에는 레인이 하나예요",
            );
            faults.push(Fault::new("SWELITE_LANES", why));
        }
        _ => {}
    }
}

fn bounds(settings: &Settings, faults: &mut Vec<Fault>) {
    let (commit, http) = (&settings.commit, &settings.http);
    let (queue, batch) = (commit.queue_max, commit.batch_max);
    if queue < batch {
        let why = wrong(
            format!("must be at least `SWELITE_BATCH_MAX` ({batch}), is {queue}"),
            format!("`SWELITE_BATCH_MAX`({batch}) 이상이어야 해요 (지금 값 `{queue}`)"),
        );
        faults.push(Fault::new("SWELITE_QUEUE_MAX", why));
    }
    let (command_ms, request_ms, end_ms) = (commit.timeout_ms, http.timeout_ms, http.shutdown_timeout_ms);
    if command_ms >= request_ms {
        let why = wrong(
            format!(
                "must be shorter than `SWELITE_HTTP_TIMEOUT_MS` ({request_ms}), is {command_ms}: a command is answered \
                 before its request gives up"
            ),
            format!(
                "`SWELITE_HTTP_TIMEOUT_MS`({request_ms})보다 짧아야 해요 (지금 값 `{command_ms}`). 요청이 포기하기 전에 \
                 명령의 답이 나와야 해요"
            ),
        );
        faults.push(Fault::new("SWELITE_COMMAND_TIMEOUT_MS", why));
    }
    if end_ms < request_ms {
        let why = wrong(
            format!(
                "must be at least `SWELITE_HTTP_TIMEOUT_MS` ({request_ms}), is {end_ms}: what was accepted is answered \
                 before the end"
            ),
            format!(
                "`SWELITE_HTTP_TIMEOUT_MS`({request_ms}) 이상이어야 해요 (지금 값 `{end_ms}`). 끝내기 전에 받은 요청에 모두 \
                 답해야 해요"
            ),
        );
        faults.push(Fault::new("SWELITE_SHUTDOWN_TIMEOUT_MS", why));
    }
    let (cached, kept) = (settings.idempotency.cache_ttl_seconds, settings.idempotency.retention_seconds);
    if cached > kept {
        let why = wrong(
            format!("must not exceed `SWELITE_IDEMPOTENCY_SECONDS` ({kept})"),
            format!("`SWELITE_IDEMPOTENCY_SECONDS`({kept})를 넘으면 안 돼요"),
        );
        faults.push(Fault::new("APP_IDEMPOTENCY_CACHE_TTL_SECONDS", why));
    }
}

fn acquirer(settings: &Settings, faults: &mut Vec<Fault>) {
    let (acquirer, request_ms) = (&settings.acquirer, settings.http.timeout_ms);
    if acquirer.kind != AcquirerKind::SimulatorRemote {
        return;
    }
    if acquirer.url.is_none() {
        let why = wrong(
            "must say where the simulator is when `SWELITE_ACQUIRER` is `simulator-remote`",
            "`SWELITE_ACQUIRER`가 `simulator-remote`이면 시뮬레이터의 주소를 적어야 해요",
        );
        faults.push(Fault::new("SWELITE_ACQUIRER_URL", why));
    }
    // The two commits around the call each take at most a command's time.
    let call_ms = acquirer.timeout_ms.saturating_add(settings.commit.timeout_ms.saturating_mul(2));
    if call_ms >= request_ms {
        let why = wrong(
            format!(
                "plus twice `SWELITE_COMMAND_TIMEOUT_MS` ({call_ms} ms together) must be shorter than \
                 `SWELITE_HTTP_TIMEOUT_MS` ({request_ms})"
            ),
            format!(
                "`SWELITE_COMMAND_TIMEOUT_MS`의 두 배와 더한 값({call_ms}ms)이 `SWELITE_HTTP_TIMEOUT_MS`({request_ms})보다 \
                 짧아야 해요"
            ),
        );
        faults.push(Fault::new("SWELITE_ACQUIRER_TIMEOUT_MS", why));
    }
    if u64::from(acquirer.resolver_bound_seconds) * 1000 < u64::from(acquirer.timeout_ms) * 2 {
        let why = wrong(
            "must be at least twice `SWELITE_ACQUIRER_TIMEOUT_MS`: the resolver needs a try of its own",
            "`SWELITE_ACQUIRER_TIMEOUT_MS`의 두 배 이상이어야 해요. 결과를 알아보는 쪽도 한 번은 물어봐야 해요",
        );
        faults.push(Fault::new("SWELITE_RESOLVER_BOUND_SECONDS", why));
    }
}

/// Whoever names an authority believes that the connection is encrypted.
fn authorities(settings: &Settings, faults: &mut Vec<Fault>) {
    let Settings { mariadb, redis, kafka, .. } = settings;
    let encrypts_kafka = kafka.security_protocol.as_deref().is_some_and(|protocol| protocol.ends_with("SSL"));
    let named = [
        ("PAYMENT_DB_TLS_CA", mariadb.tls_authority.is_some(), mariadb.tls, "PAYMENT_DB_TLS=on"),
        ("REDIS_TLS_CA", redis.tls_authority.is_some(), redis.tls, "REDIS_TLS=on"),
        (
            "KAFKA_SSL_CA_FILE",
            kafka.ssl_ca_file.is_some(),
            encrypts_kafka,
            "KAFKA_SECURITY_PROTOCOL=SSL` or `SASL_SSL",
        ),
    ];
    for (variable, _, _, set) in named.into_iter().filter(|(_, named, encrypted, _)| *named && !encrypted) {
        let why = wrong(
            format!("names an authority for a connection that is not encrypted; set `{set}`"),
            format!("연결을 암호화하지 않는데 인증 기관이 적혀 있어요. `{set}`으로 하세요"),
        );
        faults.push(Fault::new(variable, why));
    }
}

fn kafka(settings: &Settings, faults: &mut Vec<Fault>) {
    const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
    const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
    let kafka = &settings.kafka;
    // A batch on its way may fail as late as this, twice, before its lease is renewed.
    let silence_ms = kafka.delivery_timeout_ms.saturating_mul(2);
    if kafka.relay_lease_ms <= silence_ms {
        let why = wrong(
            format!("must be longer than twice `KAFKA_DELIVERY_TIMEOUT_MS` ({silence_ms} ms)"),
            format!("`KAFKA_DELIVERY_TIMEOUT_MS`의 두 배({silence_ms}ms)보다 길어야 해요"),
        );
        faults.push(Fault::new("SWELITE_RELAY_LEASE_MS", why));
    }
    let protocol = kafka.security_protocol.as_deref().unwrap_or("PLAINTEXT");
    if !PROTOCOLS.contains(&protocol) {
        faults.push(Fault::new("KAFKA_SECURITY_PROTOCOL", one_of(&PROTOCOLS)));
    }
    let sasl = protocol.starts_with("SASL_");
    let mechanism = kafka.sasl_mechanism.as_deref();
    if mechanism.map_or(sasl, |mechanism| !MECHANISMS.contains(&mechanism)) {
        faults.push(Fault::new("KAFKA_SASL_MECHANISM", one_of(&MECHANISMS)));
    }
    let login = [
        ("KAFKA_SASL_USERNAME", kafka.sasl_username.is_some()),
        ("KAFKA_SASL_PASSWORD", kafka.sasl_password.is_some()),
    ];
    for (variable, given) in login {
        if sasl && !given {
            let why = wrong(
                format!("must be set when `KAFKA_SECURITY_PROTOCOL` is `{protocol}`"),
                format!("`KAFKA_SECURITY_PROTOCOL`이 `{protocol}`이면 적어야 해요"),
            );
            faults.push(Fault::new(variable, why));
        }
        if !sasl && given {
            let why = wrong(
                format!("is set, but `KAFKA_SECURITY_PROTOCOL` is `{protocol}`: nobody would log in"),
                format!("적혀 있지만 `KAFKA_SECURITY_PROTOCOL`이 `{protocol}`이라 로그인에 쓰이지 않아요"),
            );
            faults.push(Fault::new(variable, why));
        }
    }
}

fn one_of(words: &[&str]) -> Wrong {
    let words = words.join(", ");
    wrong(format!("must be one of {words}"), format!("{words} 가운데 하나여야 해요"))
}
