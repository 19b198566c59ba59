//! Edges between modules, where the crate boundary is too coarse to keep them.
//!
//! The table is the one of `docs/ARCHITECTURE.md`: a room, what it may never mention, and why.

use super::{Fault, mentions, source::SourceFile};

/// The crates that are adapters of a port.
const ADAPTERS: [&str; 3] = ["store", "broker", "cache"];

/// A room and the names that may not be mentioned in it.
struct Ban {
    room: &'static str,
    names: &'static [&'static str],
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        room: "crates/domain/src/ledger/",
        names: &["payment", "posting_rules", "event"],
        why: "the ledger knows accounts, not payments; `posting_rules` is the one bridge",
    },
    Ban {
        room: "crates/domain/src/payment/",
        names: &["ledger", "posting_rules"],
        why: "payments know nothing of the books; `posting_rules` is the one bridge",
    },
    Ban {
        room: "crates/engine/src/payments/",
        names: &["Broker", "Consumer", "BrokerError", "pipeline"],
        why: "request code cannot reach the broker: the transaction carries the event",
    },
    Ban {
        room: "crates/engine/src/commit/",
        names: &["Broker", "Consumer", "BrokerError", "pipeline"],
        why: "the committer writes the event; only the pipeline reads it",
    },
    Ban {
        room: "crates/engine/src/ports/",
        names: &["payments", "commit", "pipeline"],
        why: "a port does not know who uses it",
    },
    Ban {
        room: "crates/server/src/http/",
        names: &["rusqlite", "mysql_async", "wiring"],
        why: "HTTP speaks to the engine, never to a driver",
    },
];

/// Where the process environment may be read.
const ENVIRONMENT_ROOMS: [&str; 4] = [
    "crates/server/src/config/",
    "crates/server/src/config.rs",
    "crates/server/src/main.rs",
    "crates/testkit/",
];
/// What of `std::env` touches variables; arguments and folders are not settings.
const VARIABLE_FUNCTIONS: [&str; 6] = ["var", "vars", "var_os", "vars_os", "set_var", "remove_var"];
/// Where two adapters may meet.
const WIRING: &str = "crates/server/src/wiring/adapters.rs";

/// Faults of one file.
pub(crate) fn check(file: &SourceFile) -> Vec<Fault> {
    if file.is_test || !file.path.starts_with("crates/") || file.path.contains("/examples/") {
        return Vec::new();
    }
    let mentions = mentions::of(&file.syntax);
    let mut faults = bans(file, &mentions);
    faults.extend(environment(file, &mentions));
    faults.extend(adapters(file, &mentions));
    faults
}

fn bans(file: &SourceFile, mentions: &mentions::Mentions) -> Vec<Fault> {
    let mut faults = Vec::new();
    for ban in BANS.iter().filter(|ban| file.path.starts_with(ban.room)) {
        for mention in &mentions.paths {
            // A lone lower-case name is a variable or a field; a module is only ever part of a path.
            let is_path = mention.path.len() > 1;
            let named = ban.names.iter().find(|name| {
                let is_type = name.starts_with(char::is_uppercase);
                mention.names(name) && (is_path || is_type)
            });
            if let Some(name) = named {
                let message = format!("mentions `{name}`: {}", ban.why);
                faults.push(Fault::new(format!("{}:{}", file.path, mention.line), message));
            }
        }
    }
    faults
}

fn environment(file: &SourceFile, mentions: &mentions::Mentions) -> Vec<Fault> {
    if ENVIRONMENT_ROOMS.iter().any(|room| file.path.starts_with(room)) {
        return Vec::new();
    }
    let reads = mentions.paths.iter().filter(|mention| {
        mention.path.windows(2).any(|pair| pair[0] == "env" && VARIABLE_FUNCTIONS.contains(&pair[1].as_str()))
    });
    let message = "only `server::config` and `main` read the environment";
    reads.map(|mention| Fault::new(format!("{}:{}", file.path, mention.line), message)).collect()
}

fn adapters(file: &SourceFile, mentions: &mentions::Mentions) -> Vec<Fault> {
    if !file.path.starts_with("crates/server/src/") || file.path == WIRING {
        return Vec::new();
    }
    let named = |adapter: &&str| {
        let own_module = mentions.modules.contains(*adapter);
        !own_module
            && mentions.paths.iter().any(|mention| mention.starts_with(adapter) && mention.path.len() > 1)
    };
    let found: Vec<&str> = ADAPTERS.iter().filter(|adapter| named(adapter)).copied().collect();
    let http = file.path.starts_with("crates/server/src/http/");
    if found.len() > 1 || (http && !found.is_empty()) {
        let message = format!("names {}: only `wiring` brings adapters together", found.join(" and "));
        return vec![Fault::new(&file.path, message)];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::TextFile;

    fn faults(path: &str, text: &str) -> usize {
        let file =
            SourceFile::parse(&TextFile { path: path.into(), text: format!("//! M.\n{text}") }).unwrap();
        check(&file).len()
    }

    #[test]
    fn the_ledger_may_not_mention_payments_but_may_have_a_field_of_that_name() {
        assert_eq!(
            faults("crates/domain/src/ledger/a.rs", "use crate::{id::PaymentId, payment::Payment};"),
            1
        );
        assert_eq!(faults("crates/domain/src/ledger/a.rs", "fn f(x: super::super::payment::Payment) {}"), 1);
        assert_eq!(
            faults(
                "crates/domain/src/ledger/a.rs",
                "struct S { payment: PaymentId } fn f(s: S) { s.payment; }"
            ),
            0
        );
        assert_eq!(faults("crates/domain/src/posting_rules.rs", "use crate::payment::Change;"), 0);
    }

    #[test]
    fn request_code_may_not_reach_the_broker() {
        assert_eq!(faults("crates/engine/src/payments/a.rs", "use crate::ports::{Broker, Store};"), 1);
        assert_eq!(faults("crates/engine/src/payments/a.rs", "struct S<'a> { x: &'a dyn Broker }"), 1);
        assert_eq!(faults("crates/engine/src/pipeline/worker.rs", "use crate::ports::Broker;"), 0);
    }

    #[test]
    fn http_may_not_name_a_driver_nor_an_adapter() {
        assert_eq!(faults("crates/server/src/http/a.rs", "use rusqlite::Connection;"), 1);
        assert_eq!(faults("crates/server/src/http/a.rs", "use store::Sqlite;"), 1);
        assert_eq!(faults("crates/server/src/http/a.rs", "use engine::ports::Store;"), 0);
    }

    #[test]
    fn the_environment_is_read_in_its_room_only() {
        let text = "fn f() { std::env::var(\"A\"); }";
        assert_eq!(faults("crates/server/src/cli/up.rs", text), 1);
        assert_eq!(faults("crates/store/src/lib.rs", "use std::env; fn f() { env::vars(); }"), 1);
        assert_eq!(faults("crates/server/src/cli/up.rs", "fn f() { std::env::args_os(); }"), 0);
        assert_eq!(faults("crates/server/src/config/mod.rs", text), 0);
        assert_eq!(faults("crates/server/src/main.rs", text), 0);
    }

    #[test]
    fn two_adapters_meet_in_the_wiring_only() {
        let text = "fn f() { store::open(); broker::open(); }";
        assert_eq!(faults("crates/server/src/cli/up.rs", text), 1);
        assert_eq!(faults("crates/server/src/wiring/adapters.rs", text), 0);
        assert_eq!(faults("crates/server/src/cli/up.rs", "fn f() { store::open(); }"), 0);
        assert_eq!(faults("crates/server/src/config/mod.rs", &format!("mod store; mod broker; {text}")), 0);
    }
}
