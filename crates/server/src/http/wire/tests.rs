//! Bad input of every kind names every wrong field; good input becomes the command it says.

use axum::http::HeaderValue;
use domain::{id::PaymentId, payment::CaptureMode};
use engine::payments::Authorize;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::http::problem::{Code, FieldCode, Problem};

const CARD: &str = "4242424242424242";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

fn read(body: &[u8]) -> Result<Call<Authorize>, Problem> {
    authorize(body, Caller { headers: &HeaderMap::new(), request_id: "req_1", actor: None })
}

fn good() -> Value {
    json!({
        "merchantId": "M123", "amount": 10000, "currency": "KRW", "idempotencyKey": "k-1", "orderId": "주문 1",
        "description": "커피 두 잔", "metadata": {"seat": "7", "floor": "2"},
        "paymentMethod": {"type": "card", "token": "tok_decline"}, "captureMode": "automatic",
    })
}

fn with(field: &str, value: Value) -> Vec<u8> {
    let mut body = good();
    body[field] = value;
    body.to_string().into_bytes()
}

fn wrong(result: Result<impl std::fmt::Debug, Problem>) -> Vec<(String, FieldCode)> {
    let problem = result.unwrap_err();
    assert_eq!(problem.code, Code::ValidationError);
    let text = format!("{problem:?}");
    assert!(!text.contains(CARD) && !text.contains("4242 4242"), "a card number is said back: {text}");
    problem.errors.iter().map(|error| (error.field.to_string(), error.code)).collect()
}

#[test]
fn a_good_body_becomes_the_command_it_says() {
    let call = read(good().to_string().as_bytes()).unwrap();
    assert_eq!(call.merchant.as_str(), "M123");
    assert_eq!(call.key.unwrap().as_str(), "k-1");
    assert_eq!(call.request.amount.to_string(), "10000 KRW");
    assert_eq!(call.request.order.unwrap().as_str(), "주문 1");
    assert_eq!(call.request.description.unwrap().as_str(), "커피 두 잔");
    assert_eq!(call.request.metadata.iter().collect::<Vec<_>>(), [("floor", "2"), ("seat", "7")]);
    assert_eq!(call.request.token.as_str(), "tok_decline");
    assert_eq!(call.request.capture_mode, CaptureMode::Automatic);
}

#[test]
fn what_is_not_sent_has_its_default_and_null_is_not_sent() {
    let body = br#"{"merchantId":"M1","amount":1,"currency":"USD","idempotencyKey":"k","orderId":null,"paymentMethod":null}"#;
    let call = read(body).unwrap();
    assert_eq!(call.request.token.as_str(), "tok_approve");
    assert_eq!(call.request.capture_mode, CaptureMode::Manual);
    assert_eq!(call.request.order, None);
    assert!(call.request.metadata.is_empty());
}

/// A field, its value, the field that is named and how.
type Wrong = (&'static str, Value, &'static str, FieldCode);

fn assert_named(table: Vec<Wrong>) {
    for (field, value, named, code) in table {
        assert_eq!(wrong(read(&with(field, value.clone()))), [(named.to_owned(), code)], "{field}: {value}");
    }
}

#[test]
fn each_wrong_field_that_must_be_sent_is_named_with_its_code() {
    use FieldCode::*;
    assert_named(vec![
        ("merchantId", json!(null), "merchantId", Required),
        ("merchantId", json!(""), "merchantId", TooShort),
        ("merchantId", json!("M 1"), "merchantId", InvalidFormat),
        ("merchantId", json!("M".repeat(33)), "merchantId", TooLong),
        ("merchantId", json!(1), "merchantId", WrongType),
        ("merchantId", json!(CARD), "merchantId", CardNumberNotAccepted),
        ("amount", json!(null), "amount", Required),
        ("amount", json!("10000"), "amount", WrongType),
        ("amount", json!(true), "amount", WrongType),
        ("amount", json!([1]), "amount", WrongType),
        ("amount", json!({}), "amount", WrongType),
        ("amount", json!(12.5), "amount", WrongType),
        ("amount", json!(0), "amount", OutOfRange),
        ("amount", json!(-1), "amount", OutOfRange),
        ("amount", json!(1_000_000_000_000_i64), "amount", OutOfRange),
        ("amount", json!(u64::MAX), "amount", OutOfRange),
        ("currency", json!(null), "currency", Required),
        ("currency", json!("krw"), "currency", UnknownCurrency),
        ("currency", json!("XAU"), "currency", UnknownCurrency),
        ("currency", json!("ZZZ"), "currency", UnknownCurrency),
        ("currency", json!("HRK"), "currency", UnknownCurrency),
        ("currency", json!("ZWL"), "currency", UnknownCurrency),
        ("currency", json!(410), "currency", WrongType),
        ("currency", json!(CARD), "currency", CardNumberNotAccepted),
        ("idempotencyKey", json!(null), "idempotencyKey", Required),
        ("idempotencyKey", json!(""), "idempotencyKey", TooShort),
        ("idempotencyKey", json!("k".repeat(65)), "idempotencyKey", TooLong),
        ("idempotencyKey", json!("k".repeat(256)), "idempotencyKey", TooLong),
        ("idempotencyKey", json!("열쇠"), "idempotencyKey", InvalidFormat),
        ("idempotencyKey", json!("4242 4242 4242 4242"), "idempotencyKey", CardNumberNotAccepted),
    ]);
}

#[test]
fn each_wrong_field_that_may_be_sent_is_named_with_its_code() {
    use FieldCode::*;
    assert_named(vec![
        ("orderId", json!("o".repeat(65)), "orderId", TooLong),
        ("orderId", json!("a\u{0}b"), "orderId", InvalidFormat),
        ("orderId", json!(7), "orderId", WrongType),
        ("orderId", json!("4242-4242-4242-4242"), "orderId", CardNumberNotAccepted),
        ("orderId", json!("４２４２４２４２４２４２４２４２"), "orderId", CardNumberNotAccepted),
        ("description", json!("4242–4242\u{a0}4242－4242"), "description", CardNumberNotAccepted),
        ("description", json!("x".repeat(256)), "description", TooLong),
        ("description", json!({"a": 1}), "description", WrongType),
        ("description", json!(CARD), "description", CardNumberNotAccepted),
        ("captureMode", json!("later"), "captureMode", InvalidFormat),
        ("captureMode", json!(CARD), "captureMode", CardNumberNotAccepted),
        ("paymentMethod", json!("card"), "paymentMethod", WrongType),
        ("paymentMethod", json!({"type": "card"}), "paymentMethod.token", Required),
        ("paymentMethod", json!({"token": "tok"}), "paymentMethod.type", Required),
        ("paymentMethod", json!({"type": "cash", "token": "tok"}), "paymentMethod.type", InvalidFormat),
        (
            "paymentMethod",
            json!({"type": "card", "token": CARD}),
            "paymentMethod.token",
            CardNumberNotAccepted,
        ),
        (
            "paymentMethod",
            json!({"type": "card", "token": "4242 4242 4242 4242"}),
            "paymentMethod.token",
            CardNumberNotAccepted,
        ),
        ("paymentMethod", json!({"type": "card", "token": "a b"}), "paymentMethod.token", InvalidFormat),
        ("metadata", json!([]), "metadata", WrongType),
        ("metadata", json!({"a": 1}), "metadata.a", WrongType),
        ("metadata", json!({"a": null}), "metadata.a", WrongType),
        ("metadata", json!({"": "x"}), "metadata", TooShort),
        ("metadata", json!({"k".repeat(41): "x"}), "metadata", TooLong),
        ("metadata", json!({"a": "x".repeat(501)}), "metadata.a", TooLong),
        ("metadata", json!({"a": CARD}), "metadata.a", CardNumberNotAccepted),
        ("metadata", json!({CARD: "a"}), "metadata", CardNumberNotAccepted),
    ]);
}

#[test]
fn numbers_are_judged_by_how_they_are_written() {
    for (written, code) in [
        ("12.0", FieldCode::WrongType),
        ("1e4", FieldCode::WrongType),
        ("1E+2", FieldCode::WrongType),
        ("\"12\"", FieldCode::WrongType),
        ("99999999999999999999", FieldCode::OutOfRange),
        ("-99999999999999999999", FieldCode::OutOfRange),
        ("-0", FieldCode::OutOfRange),
        ("4242424242424242", FieldCode::OutOfRange),
    ] {
        let body =
            format!(r#"{{"merchantId":"M1","amount":{written},"currency":"KRW","idempotencyKey":"k"}}"#);
        assert_eq!(wrong(read(body.as_bytes())), [("amount".to_owned(), code)], "{written}");
    }
}

#[test]
fn everything_wrong_is_named_at_once() {
    let body = br#"{"amount":1e3,"currency":"won","orderId":5,"metadata":{"a":1},"paymentMethod":{"token":"4242424242424242"},"captureMode":7}"#;
    let mut named: Vec<_> = wrong(read(body)).into_iter().map(|(field, _)| field).collect();
    named.sort();
    let expected = [
        "amount",
        "captureMode",
        "currency",
        "idempotencyKey",
        "merchantId",
        "metadata.a",
        "orderId",
        "paymentMethod.token",
        "paymentMethod.type",
    ];
    assert_eq!(named, expected);
}

#[test]
fn a_name_that_is_there_twice_is_refused_at_every_depth() {
    for (body, field) in [
        (r#"{"merchantId":"M1","amount":1,"amount":1,"currency":"KRW","idempotencyKey":"k"}"#, "amount"),
        (r#"{"merchantId":"M1","amount":1,"am\u006funt":2,"currency":"KRW","idempotencyKey":"k"}"#, "amount"),
        (
            r#"{"merchantId":"M1","amount":1,"currency":"KRW","idempotencyKey":"k","paymentMethod":{"type":"card","token":"a","token":"b"}}"#,
            "paymentMethod.token",
        ),
        (
            r#"{"merchantId":"M1","amount":1,"currency":"KRW","idempotencyKey":"k","metadata":{"a":"1","a":"2"}}"#,
            "metadata.a",
        ),
    ] {
        assert_eq!(wrong(read(body.as_bytes())), [(field.to_owned(), FieldCode::DuplicateField)], "{body}");
    }
    let unknown = r#"{"merchantId":"M1","amount":1,"currency":"KRW","idempotencyKey":"k","x":1,"x":2}"#;
    assert!(read(unknown.as_bytes()).is_ok());
}

#[test]
fn fifty_pairs_are_enough() {
    let pairs = |count| (0..count).map(|n| (format!("k{n}"), json!("v"))).collect::<serde_json::Map<_, _>>();
    assert!(read(&with("metadata", pairs(50).into())).is_ok());
    assert_eq!(
        wrong(read(&with("metadata", pairs(51).into()))),
        [("metadata".to_owned(), FieldCode::TooLong)]
    );
    let many: serde_json::Map<_, _> = (0..5000).map(|n| (format!("k{n}"), json!(1))).collect();
    assert!(wrong(read(&with("metadata", many.into()))).len() <= 51);
}

#[test]
fn what_cannot_be_read_is_malformed() {
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    for body in [
        &b""[..],
        b"  \n",
        b"[]",
        b"null",
        b"\"x\"",
        b"{",
        b"{\"merchantId\":\"M1\"",
        b"{\"merchantId\":\"\xff\xfe\"}",
        b"{\"merchantId\":\"M1\"}{}",
        b"{\"a\":01}",
        b"{'a':1}",
        b"merchantId=M1",
        deep.as_bytes(),
    ] {
        let problem = read(body).unwrap_err();
        assert_eq!(problem.code, Code::MalformedRequest, "{body:?}");
        assert!(problem.errors.is_empty());
    }
}

#[test]
fn half_a_surrogate_pair_is_a_wrong_field() {
    let body = br#"{"merchantId":"M1","amount":1,"currency":"KRW","idempotencyKey":"k","orderId":"\ud800"}"#;
    assert_eq!(wrong(read(body)), [("orderId".to_owned(), FieldCode::InvalidFormat)]);
}

#[test]
fn the_key_may_be_in_the_header_or_in_the_body_or_in_both() {
    let call = |header: Option<&str>, body: Value| {
        let headers = headers(header.map(|key| ("idempotency-key", key)).as_slice());
        authorize(&with("idempotencyKey", body), Caller { headers: &headers, request_id: "r", actor: None })
    };
    let key = |call: Result<Call<Authorize>, Problem>| call.unwrap().key.unwrap().as_str().to_owned();
    assert_eq!(key(call(Some("\"k-9\""), json!(null))), "k-9");
    assert_eq!(key(call(Some("k-9"), json!("k-9"))), "k-9");
    assert_eq!(key(call(None, json!("k-9"))), "k-9");
    assert_eq!(key(call(Some(&"k".repeat(255)), json!(null))).len(), 255);
    let differs = wrong(call(Some("k-1"), json!("k-2")));
    assert_eq!(differs, [("idempotencyKey".to_owned(), FieldCode::InvalidFormat)]);
    let broken = wrong(call(Some("\"k"), json!(null)));
    assert_eq!(broken, [("Idempotency-Key".to_owned(), FieldCode::InvalidFormat)]);
}

#[test]
fn bodies_on_a_payment_are_read_as_strictly() {
    let payment = PaymentId::new(7).unwrap();
    let none = HeaderMap::new();
    let caller = Caller { headers: &none, request_id: "r", actor: None };
    let named = |fields: &[(&str, FieldCode)]| {
        fields.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect::<Vec<_>>()
    };
    let body = br#"{"merchantId":"","amount":0,"final":"yes","idempotencyKey":5}"#;
    let expected = named(&[
        ("merchantId", FieldCode::TooShort),
        ("idempotencyKey", FieldCode::WrongType),
        ("amount", FieldCode::OutOfRange),
        ("final", FieldCode::WrongType),
    ]);
    assert_eq!(wrong(capture(body, payment, caller)), expected);
    let body = br#"{"reason":"4242 4242 4242 4242"}"#;
    let expected =
        named(&[("merchantId", FieldCode::Required), ("reason", FieldCode::CardNumberNotAccepted)]);
    assert_eq!(wrong(void(body, payment, caller)), expected);
    let body = br#"{"merchantId":"M1","amount":1.0,"expectedRefundable":-1}"#;
    let expected = named(&[
        ("amount", FieldCode::WrongType),
        ("expectedRefundable", FieldCode::OutOfRange),
        ("reason", FieldCode::Required),
    ]);
    assert_eq!(wrong(refund(body, payment, caller)), expected);

    let capture = capture(br#"{"merchantId":"M1"}"#, payment, caller).unwrap();
    assert!(
        capture.request.command.last && capture.request.command.amount.is_none() && capture.key.is_none()
    );
    let body = r#"{"merchantId":"M1","reason":"환불","expectedRefundable":0}"#;
    let refund = refund(body.as_bytes(), payment, caller).unwrap();
    assert_eq!(refund.request.command.expected_refundable, Some(0));
    assert_eq!(refund.request.payment, payment);
}

#[test]
fn a_trace_context_is_carried_only_when_it_is_one() {
    let of = |value: &str| traceparent(&headers(&[("traceparent", value)])).is_some();
    assert!(of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    for bad in [
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ] {
        assert!(!of(bad), "{bad}");
    }
}

#[test]
fn the_documented_fields_are_those_that_are_read() {
    use utoipa::{
        PartialSchema,
        openapi::{RefOr, Schema},
    };
    fn names(schema: RefOr<Schema>) -> Vec<String> {
        let RefOr::T(Schema::Object(object)) = schema else { panic!("not an object") };
        let mut names: Vec<_> = object.properties.keys().cloned().collect();
        names.sort();
        names
    }
    assert_eq!(names(AuthorizeBody::schema()), authorize::NAMES);
    assert_eq!(names(authorize::CardMethodBody::schema()), authorize::METHOD_NAMES);
    assert_eq!(names(CaptureBody::schema()), capture::NAMES);
    assert_eq!(names(VoidBody::schema()), void::NAMES);
    assert_eq!(names(RefundBody::schema()), refund::NAMES);
    assert_eq!(names(LoginBody::schema()), operator::LOGIN_NAMES);
    assert_eq!(names(LinkBody::schema()), operator::LINK_NAMES);
    assert_eq!(names(PasswordBody::schema()), operator::PASSWORD_NAMES);
    assert_eq!(names(OperatorBody::schema()), operator::OPERATOR_NAMES);
    assert_eq!(names(OperatorChangeBody::schema()), operator::CHANGE_NAMES);
    assert_eq!(names(TokenBody::schema()), operator::TOKEN_NAMES);
}

/// The members of `good()` written in another order, with other white space, escapes and unknown fields between.
fn rewritten(order: &[usize], space: &str, escape: bool, key_in_header: bool) -> Vec<u8> {
    let Value::Object(good) = good() else { panic!("not an object") };
    let members: Vec<_> =
        good.iter().filter(|(name, _)| !(key_in_header && *name == "idempotencyKey")).collect();
    let mut parts: Vec<String> = Vec::new();
    for index in order {
        let Some((name, value)) = members.get(index % members.len()) else { continue };
        let name = if escape { name.replace('a', "\\u0061") } else { (*name).clone() };
        let part = format!("\"{name}\"{space}:{space}{value}");
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.push("\"unknown\":[[[{}]]]".to_owned());
    format!("{{{space}{}{space}}}", parts.join(&format!("{space},{space}"))).into_bytes()
}

proptest! {
    #[test]
    fn the_fingerprint_ignores_how_a_request_is_written(
        order in Just((0..9).collect::<Vec<usize>>()).prop_shuffle(),
        space in "[ \n\t\r]{0,3}",
        escape: bool,
        key_in_header: bool,
    ) {
        let plain = read(good().to_string().as_bytes()).unwrap();
        let header = headers(&[("idempotency-key", "k-1")]);
        let none = HeaderMap::new();
        let caller = Caller { headers: if key_in_header { &header } else { &none }, request_id: "other", actor: None };
        let other = authorize(&rewritten(&order, &space, escape, key_in_header), caller).unwrap();
        prop_assert_eq!(other.fingerprint, plain.fingerprint);
        prop_assert_eq!(other.key, plain.key);
    }

    #[test]
    fn the_fingerprint_notices_every_change_but_the_keys(field in prop::sample::select(authorize::NAMES.to_vec())) {
        let plain = read(good().to_string().as_bytes()).unwrap();
        let other = match field {
            "amount" => json!(10001),
            "captureMode" | "description" | "orderId" | "metadata" | "paymentMethod" => json!(null),
            "currency" => json!("USD"),
            _ => json!("other"),
        };
        let changed = read(&with(field, other)).unwrap();
        prop_assert_eq!(changed.fingerprint == plain.fingerprint, field == "idempotencyKey");
    }

    #[test]
    fn filled_in_defaults_are_not_what_was_sent(last: bool) {
        let payment = PaymentId::new(7).unwrap();
        let none = HeaderMap::new();
        let caller = Caller { headers: &none, request_id: "r", actor: None };
        let said = capture(format!(r#"{{"merchantId":"M1","final":{last}}}"#).as_bytes(), payment, caller).unwrap();
        let unsaid = capture(br#"{"merchantId":"M1"}"#, payment, caller).unwrap();
        prop_assert_ne!(said.fingerprint, unsaid.fingerprint);
    }

    #[test]
    fn no_bytes_make_reading_panic(body: Vec<u8>) {
        let none = HeaderMap::new();
        let caller = Caller { headers: &none, request_id: "r", actor: None };
        let payment = PaymentId::new(1).unwrap();
        let _ = (read(&body), capture(&body, payment, caller), void(&body, payment, caller), refund(&body, payment, caller));
    }
}
