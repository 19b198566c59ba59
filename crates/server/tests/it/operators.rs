//! Operators through the real binary, on both sets: the printed link, a session on any replica, tokens of programs.

use serde_json::{Value, json};
use server::client::{Answer, HttpClient, Method};

use testkit::process::{Launch, Running};

use crate::{
    LIMIT,
    common::{Set, on_both_sets, text},
};

const PASSWORD: &str = "correct horse battery";

on_both_sets! {
    the_printed_link_makes_the_first_admin_and_a_session_holds_on_every_replica,
    the_command_line_acts_with_a_token_of_an_operator,
}

/// The platform, demanding a login.
fn launch(set: Set, folder: &std::path::Path) -> Launch {
    set.launch(folder).with("SWELITE_LOGIN", "on")
}

fn client(url: &str) -> HttpClient {
    HttpClient::new(url, LIMIT)
}

/// The secret of the link that a process has printed.
fn printed_link(server: &Running) -> Option<String> {
    let words = server.all_words();
    let link = words.rsplit_once("/console/welcome#link=")?.1;
    Some(link.split_whitespace().next()?.to_owned())
}

async fn redeem(client: &HttpClient, link: &str, name: &str) -> Answer {
    let body = json!({"link": link, "name": name, "password": PASSWORD});
    client.post("/session/link", &body).await.unwrap()
}

fn cookie(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

async fn call(client: &HttpClient, (method, path): (Method, &str), (cookie, body): (&str, &Value)) -> Answer {
    client.call(method, path, &[("cookie", cookie)], Some(body)).await.unwrap()
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

async fn the_printed_link_makes_the_first_admin_and_a_session_holds_on_every_replica(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let first = launch(set, folder.path());
    let server = first.up().await;
    let one = client(server.url());
    let link = printed_link(&server).expect("the link of the first admin is printed");
    // The embedded books belong to one process; the real ones are shared.
    let second = first.on(folder.path().join("second"));
    let other = match set {
        Set::Embedded => None,
        Set::Real => Some(second.up().await),
    };
    let there = other.as_ref().map_or_else(|| one.clone(), |other| client(other.url()));
    let late = other.as_ref().and_then(printed_link);
    let made = redeem(&one, &link, "mina").await;
    assert_eq!(made.status, 200, "{}", text(&made.body));
    if let Some(late) = late {
        assert_eq!(redeem(&there, &late, "evil").await.status, 401, "there is an admin already");
    }
    let root = cookie(&made);
    let order = json!({"merchantId": "M1", "amount": 1000, "currency": "KRW", "idempotencyKey": "k"});
    let payment = json(&there.post("/payments/authorize", &order).await.unwrap())["paymentId"].clone();
    let capture = json!({"merchantId": "M1", "idempotencyKey": "c", "reason": "확인함"});
    let path = format!("/payments/capture/{payment}");
    for replayed in [false, true] {
        let captured = call(&there, (Method::POST, &path), (&root, &capture)).await;
        assert_eq!((captured.status, captured.headers.contains_key("idempotent-replayed")), (200, replayed));
    }
    let audit = async || {
        let path = format!("/audit?object=payment/{payment}");
        json(&call(&one, (Method::GET, &path), (&root, &Value::Null)).await)["data"].clone()
    };
    let rows = audit().await;
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    assert_eq!((&rows[0]["actor"], &rows[0]["reason"]), (&json!("mina"), &json!("확인함")));
    assert_eq!(call(&one, (Method::DELETE, "/session"), (&root, &Value::Null)).await.status, 200);
    let ended = call(&there, (Method::GET, "/audit"), (&root, &Value::Null)).await;
    assert_eq!(ended.status, 401, "ended here, ended everywhere");
    assert!(server.stop().await.success());
    let again = first.up().await;
    let links = again.all_words().matches("/console/welcome#link=").count();
    assert_eq!(links, 1, "with an admin no link is printed");
}

async fn the_command_line_acts_with_a_token_of_an_operator(set: Set) {
    let folder = tempfile::tempdir().unwrap();
    let launch = launch(set, folder.path());
    let server = launch.up().await;
    let one = client(server.url());
    let link = printed_link(&server).unwrap();
    let root = cookie(&redeem(&one, &link, "mina").await);
    let issued =
        call(&one, (Method::POST, "/operators/mina/tokens"), (&root, &json!({"label": "cli"}))).await;
    let token = json(&issued)["token"].as_str().unwrap().to_owned();
    let run = |launch: &Launch, arguments: &[&str]| {
        let output = tokio::task::block_in_place(|| launch.run(arguments));
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, _, words) = run(&launch, &["outbox", "status"]);
    assert_eq!(code, Some(5), "{words}");
    let signed = launch.clone().with("SWELITE_TOKEN", &token);
    assert_eq!(run(&signed, &["outbox", "status"]).0, Some(0));
    let (code, out, words) = run(&signed, &["operators", "add", "kim", "viewer", "--reason", "new"]);
    assert_eq!(code, Some(0), "{words}");
    assert!(out.starts_with(&format!("{}/console/welcome#", server.url())), "{out}");
    let kims = out.trim().rsplit_once("link=").unwrap().1.to_owned();
    let (code, out, _) = run(&signed, &["operators", "list", "--json"]);
    assert_eq!((code, out.lines().count()), (Some(0), 2));
    assert_eq!(run(&signed, &["operators", "add", "kim", "viewer"]).0, Some(4), "the name is taken");
    assert_eq!(run(&signed, &["operators", "disable", "mina"]).0, Some(4), "the last admin stays");
    let kim = cookie(&redeem(&one, &kims, "ignored").await);
    assert_eq!(call(&one, (Method::GET, "/audit"), (&kim, &Value::Null)).await.status, 200);
    assert_eq!(run(&signed, &["operators", "disable", "kim"]).0, Some(0));
    assert_eq!(call(&one, (Method::GET, "/audit"), (&kim, &Value::Null)).await.status, 401);
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let by_file = launch.clone().with("SWELITE_TOKEN_FILE", &file);
    assert_eq!(run(&by_file, &["operators", "end-tokens", "mina"]).0, Some(0));
    assert_eq!(run(&by_file, &["outbox", "status"]).0, Some(5), "every token has ended, this one too");
    assert!(server.stop().await.success());
}

/// Needs no server: the address alone decides.
#[test]
fn beyond_loopback_a_login_cannot_be_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let launch = crate::common::launch(folder.path()).with("SWELITE_LOGIN", "off");
    let output = launch.run(&["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("SWELITE_LOGIN"), "{}", text(&output.stderr));
}
