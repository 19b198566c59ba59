//! Settings that are each legal and together wrong, and choices this build cannot honour. Refused before anything starts.

use super::{AcquirerKind, Fault, Settings};

/// Everything wrong between settings.
pub(super) fn relations(settings: &Settings) -> Vec<Fault> {
    let mut faults = Vec::new();
    network(settings, &mut faults);
    not_built_in(settings, &mut faults);
    bounds(settings, &mut faults);
    acquirer(settings, &mut faults);
    redis(settings, &mut faults);
    kafka(settings, &mut faults);
    faults
}

fn network(settings: &Settings, faults: &mut Vec<Fault>) {
    let listen = &settings.listen;
    if !listen.address.ip.is_loopback() && !listen.trust_network {
        let message = format!(
            "is `{}`, which others can reach, and callers are not authenticated; set `SWELITE_TRUST_NETWORK=on` if \
             everyone who can reach it may move money, or listen on 127.0.0.1",
            listen.address.ip
        );
        faults.push(Fault::new("SWELITE_LISTEN", message));
    }
}

fn not_built_in(settings: &Settings, faults: &mut Vec<Fault>) {
    let redis = settings.redis.host.is_some() && !cfg!(feature = "redis");
    let mariadb = settings.mariadb.host.is_some();
    let kafka = settings.kafka.bootstrap_servers.is_some();
    let named = [
        ("PAYMENT_DB_HOST", "MariaDB", mariadb && !cfg!(feature = "mariadb"), "embedded store"),
        ("KAFKA_BOOTSTRAP_SERVERS", "Kafka", kafka && !cfg!(feature = "kafka"), "embedded log"),
        ("REDIS_HOST", "Redis", redis, "in-memory cache"),
    ];
    for (variable, component, chosen, twin) in named {
        if chosen {
            let message =
                format!("chooses {component}, which is not built in yet; unset it to use the {twin}");
            faults.push(Fault::new(variable, message));
        }
    }
    match settings.store.lanes {
        Some(lanes) if mariadb && !(1..=255).contains(&lanes) => {
            faults.push(Fault::new(
                "SWELITE_LANES",
                format!("must be a whole number from 1 to 255, is {lanes}"),
            ));
        }
        Some(lanes) if !mariadb && lanes != 1 => {
            faults.push(Fault::new("SWELITE_LANES", "must be 1: the embedded store has one lane"));
        }
        _ => {}
    }
}

fn bounds(settings: &Settings, faults: &mut Vec<Fault>) {
    let (commit, http) = (&settings.commit, &settings.http);
    if commit.queue_max < commit.batch_max {
        let message =
            format!("must be at least `SWELITE_BATCH_MAX` ({}), is {}", commit.batch_max, commit.queue_max);
        faults.push(Fault::new("SWELITE_QUEUE_MAX", message));
    }
    if commit.timeout_ms >= http.timeout_ms {
        let message = format!(
            "must be shorter than `SWELITE_HTTP_TIMEOUT_MS` ({}), is {}: a command is answered before its request gives up",
            http.timeout_ms, commit.timeout_ms
        );
        faults.push(Fault::new("SWELITE_COMMAND_TIMEOUT_MS", message));
    }
    if http.shutdown_timeout_ms < http.timeout_ms {
        let message = format!(
            "must be at least `SWELITE_HTTP_TIMEOUT_MS` ({}), is {}: what was accepted is answered before the end",
            http.timeout_ms, http.shutdown_timeout_ms
        );
        faults.push(Fault::new("SWELITE_SHUTDOWN_TIMEOUT_MS", message));
    }
    let idempotency = &settings.idempotency;
    if idempotency.cache_ttl_seconds > idempotency.retention_seconds {
        let message =
            format!("must not exceed `SWELITE_IDEMPOTENCY_SECONDS` ({})", idempotency.retention_seconds);
        faults.push(Fault::new("APP_IDEMPOTENCY_CACHE_TTL_SECONDS", message));
    }
}

fn acquirer(settings: &Settings, faults: &mut Vec<Fault>) {
    let (acquirer, http) = (&settings.acquirer, &settings.http);
    if acquirer.kind != AcquirerKind::SimulatorRemote {
        return;
    }
    if acquirer.url.is_none() {
        let message = "must say where the simulator is when `SWELITE_ACQUIRER` is `simulator-remote`";
        faults.push(Fault::new("SWELITE_ACQUIRER_URL", message));
    }
    // The two commits around the call each take at most a command's time.
    let call_ms = acquirer.timeout_ms.saturating_add(settings.commit.timeout_ms.saturating_mul(2));
    if call_ms >= http.timeout_ms {
        let message = format!(
            "plus twice `SWELITE_COMMAND_TIMEOUT_MS` ({call_ms} ms together) must be shorter than \
             `SWELITE_HTTP_TIMEOUT_MS` ({})",
            http.timeout_ms
        );
        faults.push(Fault::new("SWELITE_ACQUIRER_TIMEOUT_MS", message));
    }
    if u64::from(acquirer.resolver_bound_seconds) * 1000 < u64::from(acquirer.timeout_ms) * 2 {
        let message =
            "must be at least twice `SWELITE_ACQUIRER_TIMEOUT_MS`: the resolver needs a try of its own";
        faults.push(Fault::new("SWELITE_RESOLVER_BOUND_SECONDS", message));
    }
}

fn redis(settings: &Settings, faults: &mut Vec<Fault>) {
    let redis = &settings.redis;
    if redis.tls_authority.is_some() && !redis.tls {
        let message = "names an authority for a connection that is not encrypted; set `REDIS_TLS=on`";
        faults.push(Fault::new("REDIS_TLS_CA", message));
    }
}

fn kafka(settings: &Settings, faults: &mut Vec<Fault>) {
    const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
    const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
    let kafka = &settings.kafka;
    // A batch on its way may fail as late as this, twice, before its lease is renewed.
    let silence_ms = kafka.delivery_timeout_ms.saturating_mul(2);
    if kafka.relay_lease_ms <= silence_ms {
        let message = format!("must be longer than twice `KAFKA_DELIVERY_TIMEOUT_MS` ({silence_ms} ms)");
        faults.push(Fault::new("SWELITE_RELAY_LEASE_MS", message));
    }
    let protocol = kafka.security_protocol.as_deref().unwrap_or("PLAINTEXT");
    if !PROTOCOLS.contains(&protocol) {
        faults
            .push(Fault::new("KAFKA_SECURITY_PROTOCOL", format!("must be one of {}", PROTOCOLS.join(", "))));
    }
    let sasl = protocol.starts_with("SASL_");
    let mechanism = kafka.sasl_mechanism.as_deref();
    if mechanism.map_or(sasl, |mechanism| !MECHANISMS.contains(&mechanism)) {
        faults.push(Fault::new("KAFKA_SASL_MECHANISM", format!("must be one of {}", MECHANISMS.join(", "))));
    }
    let login = [
        ("KAFKA_SASL_USERNAME", kafka.sasl_username.is_some()),
        ("KAFKA_SASL_PASSWORD", kafka.sasl_password.is_some()),
    ];
    for (variable, given) in login {
        if sasl && !given {
            faults.push(Fault::new(
                variable,
                format!("must be set when `KAFKA_SECURITY_PROTOCOL` is `{protocol}`"),
            ));
        }
        if !sasl && given {
            let message =
                format!("is set, but `KAFKA_SECURITY_PROTOCOL` is `{protocol}`: nobody would log in");
            faults.push(Fault::new(variable, message));
        }
    }
}
