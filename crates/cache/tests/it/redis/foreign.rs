//! What somebody else has put under the key of a window: an operator's hand, another program, an older version.

use engine::ports::{Admission, Cache, Limit, LimitAction};
use redis::{Cmd, cmd};

use super::server::{client, connected, keys, shared, timeline};

const MINUTE: Limit = Limit { capacity: 3, window_seconds: 60 };

/// What puts each kind of foreign value under a key.
fn plants(name: &str) -> Vec<(&'static str, Cmd)> {
    let mut plants = Vec::new();
    let mut plant = |kind, command: &str, arguments: &[&str]| {
        let mut put = cmd(command);
        put.arg(name);
        for argument in arguments {
            put.arg(*argument);
        }
        plants.push((kind, put));
    };
    // 1000 windows and 3 calls, which is all that may pass.
    plant("a full window without an end", "SET", &["4294967296003"]);
    plant("a number without an end", "SET", &["2"]);
    plant("a word", "SET", &["full"]);
    plant("nothing", "SET", &[""]);
    plant("a number below zero", "SET", &["-1"]);
    plant("a fraction", "SET", &["1.5"]);
    plant("a number as Lua writes it", "SET", &["0x7", "PX", "50000"]);
    plant("a number with zeros before it", "SET", &["0002", "PX", "50000"]);
    plant("a number with spaces around it", "SET", &[" 2 ", "PX", "50000"]);
    plant("a number that is too large to count on", "SET", &["9223372036854775807", "PX", "50000"]);
    plant("a list", "RPUSH", &["1", "2"]);
    plant("a hash", "HSET", &["field", "1"]);
    plant("a set", "SADD", &["1"]);
    plant("a sorted set", "ZADD", &["1", "one"]);
    plants
}

#[tokio::test]
async fn a_foreign_value_under_the_key_of_a_window_is_no_window_and_gives_way_to_one() {
    let timeline = timeline();
    let cache = connected(&shared(), timeline, 60).await;
    let mut client = client(&shared()).await;
    let merchant = "M1".parse().unwrap();
    let admit = async || {
        let action = LimitAction::Authorize;
        let admission = Admission { scope: None, merchant: &merchant, action, limit: Some(MINUTE) };
        cache.admit(admission).await
    };
    let remaining = async || {
        let standing = cache.limit_state(&merchant, LimitAction::Authorize, MINUTE).await;
        standing.map(|standing| standing.remaining)
    };
    let charge = admit().await.unwrap().charge.unwrap();
    let name = keys(&mut client, timeline).await.remove(0).0;
    for (kind, plant) in plants(&name) {
        cmd("DEL").arg(&name).query_async::<()>(&mut client).await.unwrap();
        plant.query_async::<redis::Value>(&mut client).await.unwrap();
        assert_eq!(remaining().await.unwrap_or_else(|error| panic!("{kind}: {error:?}")), 3, "{kind}");
        // A charge of a window that is gone takes nothing out of what is there now.
        cache.give_back(&charge).await.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        for left in [2, 1, 0] {
            let admitted = admit().await.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
            assert!(admitted.charge.is_some(), "{kind}");
            assert_eq!(admitted.limit.unwrap().remaining, left, "{kind}");
        }
        assert!(admit().await.unwrap().charge.is_none(), "{kind}: exactly the capacity passes");
        let found = keys(&mut client, timeline).await;
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        assert!((1..=60_000).contains(&found[0].1), "{kind}: {found:?} has no end, or a later one");
    }
}
