//! Pages of others, with an operator's cookie, against every route that changes something: those the API describes, not those somebody
//! thought of.

use super::*;

/// Every call that changes something, with something in the place of each parameter.
fn changing() -> Vec<(Method, String, Need)> {
    let document = serde_json::to_value(router::openapi()).unwrap();
    let mut calls = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            if method.is_safe() {
                continue;
            }
            let row = TABLE.iter().find(|(known, path, _)| *known == method && path == template);
            let (_, _, need) = row.unwrap_or_else(|| panic!("{method} {template} has no row"));
            let mut path = template.clone();
            while let Some((before, (_, after))) =
                path.split_once('{').map(|(before, rest)| (before, rest.split_once('}').unwrap()))
            {
                path = format!("{before}1{after}");
            }
            calls.push((method, path, *need));
        }
    }
    assert!(calls.len() > 20, "{calls:?}");
    calls
}

fn from(method: &Method, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("cookie", cookie);
    for (name, value) in [("host", "pay.example"), ("content-type", "application/json")].iter().chain(fields)
    {
        request = request.header(*name, *value);
    }
    request.body(Body::from("{}")).unwrap()
}

#[tokio::test]
async fn no_route_that_changes_something_hears_a_foreign_page() {
    let books = books();
    let root = admin(&books).await;
    let before = audit(&books, &root, "").await.len();
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://pay.example.evil.example")],
        &[("origin", "http://pay.example:8081")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ];
    for (method, path, _) in changing() {
        for fields in foreign {
            let answer = send(&books.app, from(&method, &path, &root, fields)).await;
            assert_eq!(answer.status, 403, "{method} {path} {fields:?}: {answer:?}");
            assert_eq!(answer.json()["code"], "FORBIDDEN");
        }
        // The same call of a page of ours is not refused for where it comes from. It may end the session: with another one.
        let ours = send(&books.app, from(&method, &path, "", &[("origin", "http://pay.example")])).await;
        assert_ne!(ours.status, 403, "{method} {path}: {ours:?}");
    }
    assert_eq!(audit(&books, &root, "").await.len(), before, "nothing was done, and the session goes on");
    assert_eq!(
        call(&books, Method::GET, "/session", (&root, &Value::Null)).await.json()["operator"]["name"],
        "root"
    );
}

#[tokio::test]
async fn a_page_that_may_call_acts_on_no_route_as_an_operator() {
    let books = books();
    let root = admin(&books).await;
    let before = audit(&books, &root, "").await.len();
    let allowed = "http://shop.example";
    let app = router::app(crate::http::testing::reallowed(&books, allowed));
    let mut operators = 0;
    for (method, path, need) in changing() {
        if need == Need::Nothing {
            continue;
        }
        operators += 1;
        let answer = send(&app, from(&method, &path, &root, &[("origin", allowed)])).await;
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    }
    assert!(operators > 15, "{operators}");
    assert_eq!(audit(&books, &root, "").await.len(), before);
}
