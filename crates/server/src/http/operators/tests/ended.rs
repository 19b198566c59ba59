//! A stream of events ends with what let its reader in.

use http_body_util::BodyExt;

use super::*;
use crate::http::events::ASK_AGAIN;

/// How long anything may take before the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

async fn stream(books: &Books, proof: &str, query: &str) -> Body {
    let request = request(Method::GET, &format!("/events/stream{query}"), (proof, &Value::Null));
    let response = books.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

/// Reads until the server has ended the stream.
async fn ends(mut stream: Body) {
    let reading = async { while stream.frame().await.is_some() {} };
    timeout(PATIENCE, reading).await.expect("the stream ends");
}

/// Reads until an event of this payment has come.
async fn brings(stream: &mut Body, payment: u64) {
    let wanted = format!("\"paymentId\":{payment}");
    let reading = async {
        loop {
            let frame = stream.frame().await.expect("the stream goes on").unwrap();
            let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
            if text.contains(&wanted) {
                return;
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("the event comes");
}

#[tokio::test]
async fn a_stream_of_a_disabled_operator_ends_and_those_of_others_go_on() {
    let books = books();
    let root = admin(&books).await;
    let body = json!({"name": "kim", "role": "viewer"});
    let added = call(&books, Method::POST, "/operators", (&root, &body)).await.json();
    let link = added["link"].as_str().unwrap().split("link=").nth(1).unwrap().to_owned();
    let kim = cookie(&redeem(&books, &link, None).await);
    let issued = call(&books, Method::POST, "/operators/kim/tokens", (&root, &json!({"label": "ci"}))).await;
    let token = issued.json()["token"].as_str().unwrap().to_owned();
    let kims = [stream(&books, &kim, "").await, stream(&books, &token, "").await];
    let mut others = [stream(&books, &root, "").await, stream(&books, "", "?merchantId=M1").await];
    let disabled = json!({"disabled": true});
    assert_eq!(call(&books, Method::PUT, "/operators/kim", (&root, &disabled)).await.status, 200);
    books.clock.advance_ms(u64::try_from(ASK_AGAIN.as_millis()).unwrap());
    for stream in kims {
        ends(stream).await;
    }
    let payment = books.captured("after", 100).await;
    for stream in &mut others {
        brings(stream, payment).await;
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let books = books();
    let root = admin(&books).await;
    let login = json!({"name": "root", "password": PASSWORD});
    let left = cookie(&call(&books, Method::POST, "/session", ("", &login)).await);
    let leaving = stream(&books, &left, "").await;
    assert_eq!(call(&books, Method::DELETE, "/session", (&left, &Value::Null)).await.status, 200);
    books.clock.advance_ms(u64::try_from(ASK_AGAIN.as_millis()).unwrap());
    ends(leaving).await;
    // A session that is only used to read a stream is used; in the end it is over all the same.
    let mut staying = stream(&books, &root, "").await;
    for _ in 0..3 {
        books.clock.advance_seconds(3500);
        let payment = books.captured(&books.clock.now().to_string(), 100).await;
        brings(&mut staying, payment).await;
    }
    books.clock.advance_seconds(12 * 3600);
    ends(staying).await;
}
