//! Signing in, what each role may do, and what is left in the audit log.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request},
};
use domain::{
    id::{OperatorId, OperatorName},
    operator::Role,
};
use engine::{
    operators::{
        links,
        login::{self, Tried},
        sessions,
    },
    ports::{Clock, Operator, OperatorAct, OperatorChanges, OperatorKeys, PasswordHash},
};
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt;

mod ended;
mod foreign;
mod races;

use super::{
    access::{Need, TABLE},
    secret::{Fresh, TOKEN_PREFIX},
};
use crate::{
    faults::Faults,
    http::{
        docs, router,
        testing::{Answer, Books, send},
    },
};

const PASSWORD: &str = "correct horse battery";

/// Books for which operators must sign in.
fn books() -> Books {
    Books::open_with(|desk| {
        desk.login.required = true;
        desk.faults = Some(Faults::new());
    })
}

/// One call, with whatever proves who calls.
async fn call(books: &Books, method: Method, path: &str, (proof, body): (&str, &Value)) -> Answer {
    send(&books.app, request(method, path, (proof, body))).await
}

fn request(method: Method, path: &str, (proof, body): (&str, &Value)) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if proof.starts_with(TOKEN_PREFIX) {
        request = request.header("authorization", format!("Bearer {proof}"));
    } else if !proof.is_empty() {
        request = request.header("cookie", proof);
    }
    if body.is_null() {
        return request.body(Body::empty()).unwrap();
    }
    request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

/// The pair of a session's cookie.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

/// A link for the first admin, as one replica prints it.
async fn first_link(books: &Books) -> Option<String> {
    let fresh = Fresh::new("", 600, 600).unwrap();
    links::first(books.state.store.as_ref(), fresh.issued).await.unwrap().then_some(fresh.text)
}

async fn redeem(books: &Books, link: &str, name: Option<&str>) -> Answer {
    let body = json!({"link": link, "name": name, "password": PASSWORD});
    call(books, Method::POST, "/session/link", ("", &body)).await
}

/// The first admin, signed in.
async fn admin(books: &Books) -> String {
    let link = first_link(books).await.expect("there is no admin yet");
    let answer = redeem(books, &link, Some("root")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    cookie(&answer)
}

/// A token of an operator of this role, made past the pages.
async fn token(books: &Books, role: Role) -> String {
    let name: OperatorName = format!("t-{role}").parse().unwrap();
    let store = books.state.store.as_ref();
    let mut batch = store.operators_open(&OperatorKeys::default()).await.unwrap();
    let known = batch.take_state().operators;
    let operator = Operator {
        id: OperatorId::new(known.len() as u64 + 1).unwrap(),
        name: name.clone(),
        role,
        password: Some(PasswordHash("none".into())),
        disabled_at: None,
        created_at: books.clock.now(),
    };
    batch.commit(&OperatorChanges { operators: vec![operator], ..OperatorChanges::default() }).await.unwrap();
    let fresh = Fresh::new(TOKEN_PREFIX, 600, 600).unwrap();
    let act = OperatorAct { actor: "test".into(), role, reason: None, request_id: "test".into() };
    sessions::issue_token(store, &name, (fresh.issued, None), &act).await.unwrap();
    fresh.text
}

async fn audit(books: &Books, proof: &str, query: &str) -> Vec<Value> {
    let answer = call(books, Method::GET, &format!("/audit?limit=200{query}"), (proof, &Value::Null)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].as_array().unwrap().clone()
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let document = serde_json::to_value(router::openapi()).unwrap();
    let mut routes: Vec<(String, String)> =
        docs::PATHS.iter().map(|path| ("GET".to_owned(), (*path).to_owned())).collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        routes.extend(item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let rows: Vec<(String, String)> =
        TABLE.iter().map(|(method, path, _)| (method.to_string(), (*path).to_owned())).collect();
    for route in &routes {
        assert!(rows.contains(route), "{route:?} has no row in the table of access");
    }
    for (index, row) in rows.iter().enumerate() {
        assert!(routes.contains(row), "{row:?} is no route");
        assert!(!rows[..index].contains(row), "{row:?} is there twice");
    }
}

#[tokio::test]
async fn every_route_does_what_its_row_says_for_every_role() {
    let books = books();
    let roles: [(Option<Role>, String); 4] = [
        (None, String::new()),
        (Some(Role::Viewer), token(&books, Role::Viewer).await),
        (Some(Role::Operator), token(&books, Role::Operator).await),
        (Some(Role::Admin), token(&books, Role::Admin).await),
    ];
    for (method, template, need) in TABLE {
        let path = template
            .replace("{paymentId}", "1")
            .replace("{id}", "1")
            .replace("{name}", "somebody")
            .replace("{code}", "2100")
            .replace("{slug}", "mug")
            .replace("{no}", "1");
        for (role, proof) in &roles {
            let body = if *method == Method::GET { Value::Null } else { json!({}) };
            let status = async |path: &str, act: bool| {
                let mut request = request(method.clone(), path, (proof, &body));
                if act {
                    request.headers_mut().insert("operator-act", "true".parse().unwrap());
                }
                // Not its body: a stream of events has no end.
                books.app.clone().oneshot(request).await.unwrap().status().as_u16()
            };
            let needed = match need {
                Need::Nothing => None,
                Need::Merchant => Some(Role::Viewer),
                Need::MerchantOr(role) | Need::Operator(role) => Some(*role),
            };
            let wanted = match (needed, role) {
                (None, _) => None,
                (Some(_), None) => Some(401),
                (Some(needed), Some(role)) => (!role.reaches(needed)).then_some(403),
            };
            let said = status(&path, matches!(need, Need::MerchantOr(_))).await;
            let others = template.ends_with("/tokens") && role.is_some_and(|role| role != Role::Admin);
            let wanted = if others { Some(403) } else { wanted };
            match wanted {
                Some(wanted) => assert_eq!(said, wanted, "{method} {path} by {role:?}"),
                None => assert!(![401, 403].contains(&said), "{method} {path} by {role:?}: {said}"),
            }
            let open = match need {
                Need::Merchant => status(&format!("{path}?merchantId=M1"), false).await,
                Need::MerchantOr(_) if role.is_none() => status(&path, false).await,
                _ => continue,
            };
            assert!(![401, 403].contains(&open), "{method} {path} by a merchant: {open}");
        }
    }
}

#[tokio::test]
async fn whoever_reaches_the_port_is_an_admin_where_nobody_has_to_sign_in() {
    let books = Books::open();
    let session = books.read("/session").await;
    assert_eq!(session, json!({"loginRequired": false, "operator": {"name": "local", "role": "admin"}}));
    let login = books.post("/session", &json!({"name": "a", "password": "b"})).await;
    assert_eq!(login.status, 404);
    let added = books.post("/operators", &json!({"name": "kim", "role": "viewer"})).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert_eq!(books.read("/audit").await["data"][0]["actor"], "local");
}

#[tokio::test]
async fn the_first_admin_comes_by_a_link_that_is_good_once() {
    let books = books();
    let (one, other) = (first_link(&books).await.unwrap(), first_link(&books).await.unwrap());
    let nameless = redeem(&books, &one, None).await;
    assert_eq!((nameless.status.as_u16(), &nameless.json()["errors"][0]["field"]), (400, &json!("name")));
    let short = json!({"link": one, "name": "root", "password": "short"});
    let short = call(&books, Method::POST, "/session/link", ("", &short)).await;
    assert_eq!(short.json()["errors"][0]["code"], "TOO_SHORT");
    let (first, second) =
        tokio::join!(redeem(&books, &one, Some("root")), redeem(&books, &other, Some("evil")));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "of two links at once one makes the admin");
    assert_eq!(redeem(&books, &one, Some("again")).await.status, 401);
    assert_eq!(first_link(&books).await, None, "there is an admin");
    let winner = if first.status == 200 { &first } else { &second };
    let set = winner.header("set-cookie");
    assert!(set.contains("HttpOnly; SameSite=Strict") && set.contains("Path=/"), "{set}");
    let session = call(&books, Method::GET, "/session", (&cookie(winner), &Value::Null)).await.json();
    assert_eq!(session["operator"]["role"], "admin");
    let rows = audit(&books, &cookie(winner), "").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["action"], "operator.first_admin");
}

#[tokio::test]
async fn who_gets_in_locks_nobody_out_who_comes_from_the_same_address() {
    let books = books();
    admin(&books).await;
    let (store, root) = (books.state.store.as_ref(), "root".parse().unwrap());
    let address = Some(login::address_bucket("10.0.0.9"));
    let by = |name: &str| Tried { account: login::account_bucket(name), address };
    for _ in 0..=login::ADDRESS_MAX {
        assert_eq!(login::charge(store, by("root")).await.unwrap(), None);
        let fresh = Fresh::new("", 600, 600).unwrap();
        sessions::begin(store, &root, fresh.issued, (by("root"), "r")).await.unwrap();
    }
    for number in 0..login::ADDRESS_MAX {
        assert_eq!(login::charge(store, by(&format!("guess{number}"))).await.unwrap(), None);
    }
    assert!(login::charge(store, by("root")).await.unwrap().is_some(), "who only guesses is locked out");
}

#[tokio::test]
async fn a_link_that_is_none_waits_for_no_lock() {
    let books = books();
    let held = books.state.store.operators_open(&OperatorKeys::default()).await.unwrap();
    let none = Fresh::new("", 600, 600).unwrap().text;
    let answer = timeout(Duration::from_secs(5), redeem(&books, &none, Some("evil"))).await;
    assert_eq!(answer.expect("nobody is waited for").status, 401);
    drop(held);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_told_alike_and_slow_down() {
    let books = books();
    admin(&books).await;
    let login = async |name: &str, password: &str| {
        call(&books, Method::POST, "/session", ("", &json!({"name": name, "password": password}))).await
    };
    let right = login("root", PASSWORD).await;
    assert_eq!(right.status, 200);
    let told = |answer: &Answer| {
        let mut body = answer.json();
        body["requestId"].take();
        (answer.status.as_u16(), body)
    };
    let (wrong, unknown) =
        (login("root", "not the password").await, login("nobody", "not the password").await);
    assert_eq!(told(&wrong), told(&unknown));
    assert_eq!(wrong.status, 401);
    for name in ["root", "nobody"] {
        for _ in 0..login::ACCOUNT_MAX - 1 {
            assert_eq!(login(name, "guess").await.status, 401);
        }
        let limited = login(name, PASSWORD).await;
        assert_eq!(limited.status, 429, "{name}: even the right one waits");
        assert!(limited.header("retry-after").parse::<u32>().unwrap() <= 900);
    }
    books.clock.advance_seconds(login::WINDOW_SECONDS);
    assert_eq!(login("root", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_idle_in_the_end_and_when_it_is_told_to() {
    let books = books();
    let root = admin(&books).await;
    let works =
        async |proof: &str| call(&books, Method::GET, "/audit", (proof, &Value::Null)).await.status == 200;
    for _ in 0..12 {
        books.clock.advance_seconds(3500);
        assert!(works(&root).await, "what is used stays");
    }
    books.clock.advance_seconds(3500);
    assert!(!works(&root).await, "twelve hours are the end");
    let login = async || {
        let body = json!({"name": "root", "password": PASSWORD});
        cookie(&call(&books, Method::POST, "/session", ("", &body)).await)
    };
    let idle = login().await;
    books.clock.advance_seconds(3601);
    assert!(!works(&idle).await);
    let session = login().await;
    let out = call(&books, Method::DELETE, "/session", (&session, &Value::Null)).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert!(!works(&session).await, "the cookie alone is worth nothing");
    let rows = audit(&books, &login().await, "&action=session.end").await;
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_role_holds_at_once_and_the_last_admin_stays() {
    let books = books();
    let root = admin(&books).await;
    let change = async |name: &str, body: Value| {
        call(&books, Method::PUT, &format!("/operators/{name}"), (&root, &body)).await
    };
    let added = call(
        &books,
        Method::POST,
        "/operators",
        (&root, &json!({"name": "kim", "role": "viewer", "reason": "new"})),
    )
    .await
    .json();
    let link = added["link"].as_str().unwrap().split("link=").nth(1).unwrap().to_owned();
    assert_eq!(added["operator"]["state"], "INVITED");
    let taken =
        call(&books, Method::POST, "/operators", (&root, &json!({"name": "kim", "role": "admin"}))).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["code"]), (409, &json!("OPERATOR_CONFLICT")));
    let kim = cookie(&redeem(&books, &link, None).await);
    let operators = async || call(&books, Method::GET, "/operators", (&kim, &Value::Null)).await;
    assert_eq!(operators().await.status, 403);
    let refused = operators().await.json();
    assert_eq!(refused["message"], "this needs the role admin; kim is viewer");
    assert_eq!(change("kim", json!({"role": "admin"})).await.status, 200);
    assert_eq!(operators().await.status, 200);
    assert_eq!(change("kim", json!({"disabled": true})).await.status, 200);
    assert_eq!(operators().await.status, 401);
    let last = change("root", json!({"role": "viewer"})).await;
    assert_eq!((last.status.as_u16(), &last.json()["code"]), (409, &json!("OPERATOR_CONFLICT")));
    assert_eq!(change("root", json!({"disabled": true})).await.status, 409);
    let rows = audit(&books, &root, "&object=operator/kim").await;
    let actions: Vec<&str> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["operator.disable", "operator.role", "operator.password", "operator.add"]);
    assert_eq!(
        (&rows[3]["reason"], &rows[3]["outcome"], &rows[3]["role"]),
        (&json!("new"), &json!("viewer"), &json!("admin"))
    );
}

#[tokio::test]
async fn an_act_on_a_payment_leaves_one_row_and_a_merchants_call_none() {
    let books = books();
    let operator = token(&books, Role::Operator).await;
    let order = json!({"merchantId": "M1", "amount": 1000, "currency": "KRW", "idempotencyKey": "k1"});
    let payment = books.post("/payments/authorize", &order).await.json()["paymentId"].as_u64().unwrap();
    let capture = json!({"merchantId": "M1", "amount": 400, "final": false, "idempotencyKey": "c1", "reason": "부분 매입"});
    let path = format!("/payments/capture/{payment}");
    let first = call(&books, Method::POST, &path, (&operator, &capture)).await;
    assert_eq!(first.status, 200, "{first:?}");
    let again = call(&books, Method::POST, &path, (&operator, &capture)).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let refund = json!({"merchantId": "M1", "amount": 100, "reason": "고객 요청"});
    let path = format!("/payments/refund/{payment}");
    assert_eq!(call(&books, Method::POST, &path, (&operator, &refund)).await.status, 200);
    let much = json!({"merchantId": "M1", "amount": 9_000, "reason": "too much"});
    assert_eq!(call(&books, Method::POST, &path, (&operator, &much)).await.status, 422);
    let by_merchant = books.post(&path, &refund).await;
    assert_eq!(by_merchant.status, 200, "a merchant needs no session");
    let rows = audit(&books, &operator, &format!("&object=payment/{payment}")).await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| [&row["action"], &row["actor"], &row["role"], &row["reason"], &row["outcome"]])
        .map(|row| row.map(|cell| cell.as_str().unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(
        seen,
        [
            ["payment.refund", "t-operator", "operator", "고객 요청", "done"],
            ["payment.capture", "t-operator", "operator", "부분 매입", "done"],
        ]
    );
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_act_with_an_operators_cookie() {
    let books = books();
    let root = admin(&books).await;
    let post = async |origin: Option<&str>, kind: &str| {
        let mut request = Request::post("/sim/poison").header("host", "pay.example").header("cookie", &root);
        request = request.header("content-type", kind);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        send(&books.app, request.body(Body::from("a=b")).unwrap()).await.status.as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post(Some("https://evil.example"), form).await, 403);
    assert_eq!(post(Some("null"), form).await, 403);
    assert_eq!(audit(&books, &root, "&action=faults.poison").await.len(), 0, "nothing happened");
    assert_eq!(post(Some("http://pay.example"), form).await, 200, "our own pages may");
    assert_eq!(audit(&books, &root, "&action=faults.poison").await.len(), 1);
}

#[tokio::test]
async fn an_allowed_origin_may_call_but_not_as_an_operator() {
    let books = books();
    let root = admin(&books).await;
    let request = Request::post("/sim/poison").header("host", "pay.example").header("cookie", &root);
    let request = request.header("origin", "http://shop.example").body(Body::empty()).unwrap();
    let state = crate::http::testing::reallowed(&books, "http://shop.example");
    assert_eq!(send(&router::app(state), request).await.status, 403);
}

#[tokio::test]
async fn no_secret_is_ever_shown_again() {
    let books = books();
    let root = admin(&books).await;
    let added =
        call(&books, Method::POST, "/operators", (&root, &json!({"name": "kim", "role": "operator"}))).await;
    let link = added.json()["link"].as_str().unwrap().split("link=").nth(1).unwrap().to_owned();
    redeem(&books, &link, None).await;
    let issued = call(&books, Method::POST, "/operators/kim/tokens", (&root, &json!({"label": "ci"}))).await;
    let token = issued.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(call(&books, Method::GET, "/audit", (&token, &Value::Null)).await.status, 200);
    let secrets = [PASSWORD, &link, &token, root.split('=').nth(1).unwrap()];
    for path in ["/audit?limit=200", "/requests?limit=200", "/operators", "/session"] {
        let answer = call(&books, Method::GET, path, (&root, &Value::Null)).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        for secret in secrets {
            assert!(!text.contains(secret), "{path} shows a secret");
        }
    }
    let ended = call(&books, Method::DELETE, "/operators/kim/tokens", (&root, &Value::Null)).await;
    assert_eq!(ended.status, 200);
    assert_eq!(call(&books, Method::GET, "/audit", (&token, &Value::Null)).await.status, 401);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_ends_other_sessions() {
    let books = books();
    let root = admin(&books).await;
    let login = async |password: &str| {
        call(&books, Method::POST, "/session", ("", &json!({"name": "root", "password": password}))).await
    };
    let other = cookie(&login(PASSWORD).await);
    let change = async |current: &str| {
        let body = json!({"current": current, "password": "another long one"});
        call(&books, Method::PUT, "/session/password", (&root, &body)).await.status.as_u16()
    };
    assert_eq!(change("wrong").await, 403);
    assert_eq!(change(PASSWORD).await, 200);
    assert_eq!(call(&books, Method::GET, "/audit", (&other, &Value::Null)).await.status, 401);
    assert_eq!(login(PASSWORD).await.status, 401);
    assert_eq!(login("another long one").await.status, 200);
    assert_eq!(audit(&books, &root, "&action=operator.password").await.len(), 1);
}
