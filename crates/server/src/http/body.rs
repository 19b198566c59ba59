//! Reads a request's body: of the right type, not too long, not too slowly.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::{
    problem::{Code, Problem},
    state::{AppState, HttpSettings},
};

/// How much of a body that is too long is still read and thrown away, so that its sender hears the answer instead of a reset.
const DRAIN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The body of a JSON request, as a handler's argument.
#[derive(Debug)]
pub(crate) struct JsonBytes(pub(crate) Bytes);

/// The body of a JSON request that may as well have none, as a handler's argument.
#[derive(Debug)]
pub(crate) struct JsonBytesOrNone(pub(crate) Bytes);

impl FromRequest<AppState> for JsonBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        read_json(&parts.headers, body, &app.settings).await.map(Self)
    }
}

impl FromRequest<AppState> for JsonBytesOrNone {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        read_json_or_none(&parts.headers, body, &app.settings).await.map(Self)
    }
}

/// The body of a JSON request.
pub(crate) async fn read_json(
    headers: &HeaderMap,
    body: Body,
    settings: &HttpSettings,
) -> Result<Bytes, Problem> {
    // Of two types it is anybody's guess which one is meant, and another reader on the way may have guessed differently.
    if headers.get_all(header::CONTENT_TYPE).iter().nth(1).is_some() {
        return Err(Problem::new(Code::MalformedRequest, "the Content-Type header is there twice"));
    }
    if !is_json(headers) {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "the body's Content-Type is not application/json",
        ));
    }
    read(headers, body, settings).await
}

/// The body of a JSON request that may as well have none.
async fn read_json_or_none(
    headers: &HeaderMap,
    body: Body,
    settings: &HttpSettings,
) -> Result<Bytes, Problem> {
    let typed = headers.contains_key(header::CONTENT_TYPE);
    let bytes =
        if typed { read_json(headers, body, settings).await? } else { read(headers, body, settings).await? };
    if typed || bytes.is_empty() {
        return Ok(bytes);
    }
    Err(Problem::new(Code::UnsupportedMediaType, "the body's Content-Type is not application/json"))
}

/// The body, whatever its type.
pub(crate) async fn read(headers: &HeaderMap, body: Body, settings: &HttpSettings) -> Result<Bytes, Problem> {
    if is_encoded(headers) {
        let problem = Problem::new(Code::UnsupportedMediaType, "the body's Content-Encoding is not identity");
        return Err(problem.with_advice("send the body as it is, without compression"));
    }
    let reading = collect(headers, body, settings.body_bytes_max);
    match timeout(settings.body_time_limit, reading).await {
        Ok(result) => result,
        Err(_) => Err(too_slow(settings.body_time_limit)),
    }
}

fn too_slow(limit: Duration) -> Problem {
    let message = format!("the body did not arrive within {} s", limit.as_secs_f32());
    Problem::new(Code::MalformedRequest, message)
}

async fn collect(headers: &HeaderMap, mut body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    if content_length(headers).is_some_and(|length| length > bytes_max) {
        let waits = headers.contains_key(header::EXPECT);
        if !waits {
            drain(&mut body).await;
        }
        return Err(too_long(bytes_max));
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(Code::MalformedRequest, "the body is incomplete"))?;
        let Ok(chunk) = frame.into_data() else { continue };
        if first.len() + rest.len() + chunk.len() > bytes_max {
            drain(&mut body).await;
            return Err(too_long(bytes_max));
        }
        // Nearly every body arrives in one piece, which then needs no copy.
        if first.is_empty() { first = chunk } else { rest.extend_from_slice(&chunk) }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

async fn drain(body: &mut Body) {
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, Bytes::len);
        if drained > DRAIN_BYTES_MAX {
            return;
        }
    }
}

fn too_long(bytes_max: usize) -> Problem {
    debug_assert_eq!(Code::PayloadTooLarge.status(), StatusCode::PAYLOAD_TOO_LARGE);
    Problem::new(Code::PayloadTooLarge, format!("the body is longer than {bytes_max} bytes"))
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// `application/json`, in any case, with or without parameters; a charset must be UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_content_type_must_be_json_in_utf_8() {
        let accepted = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
            is_json(&headers)
        };
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/json; profile=x",
        ] {
            assert!(accepted(good), "{good}");
        }
        for bad in [
            "text/json",
            "application/jsonx",
            "application/json; charset=latin1",
            "",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!accepted(bad), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
