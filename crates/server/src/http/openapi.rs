//! What the OpenAPI document says of every operation alike: its head, the headers of every answer, and how every call can fail.
//!
//! A route documents only what is special to it; [`finish`] adds the rest, so that no operation can forget an error or a header.

use axum::http::Method;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, Header, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref,
        RefOr, Response, Schema, Type,
        path::{Operation, PathItem},
        schema::ArrayItems,
        tag::TagBuilder,
    },
};

use super::{
    operators::access::{self, Need},
    problem::{Code, FieldCode, FieldError, PROBLEM_JSON, ProblemBody},
};

/// The groups of operations, by task, in the order of the reference page.
pub(crate) const TAGS: [(&str, &str); 12] = [
    ("authorize", "Reserve funds"),
    ("capture", "Take reserved funds"),
    ("void", "Release reserved funds"),
    ("refund", "Give captured funds back"),
    ("payments", "Look at payments"),
    ("ledger", "Read the books and prove them right"),
    ("events", "Follow what happens"),
    ("dead-letters", "Deal with events that could not be posted"),
    ("operations", "Watch the platform"),
    ("operators", "Sign in, and say who may"),
    ("store", "Buy something that does not exist"),
    ("simulation", "Break something on purpose"),
];

const CHANGES: [&str; 4] =
    ["/payments/authorize", "/payments/capture/", "/payments/void/", "/payments/refund/"];

const ON_EVERY_CALL: [(&str, &str); 2] = [
    ("500", "INTERNAL_ERROR: ours; nothing was stored"),
    ("503", "OVERLOADED, UNAVAILABLE: nothing happened; repeat after Retry-After seconds"),
];
const ON_PARAMETERS: [(&str, &str); 1] =
    [("400", "VALIDATION_ERROR, MALFORMED_REQUEST: every wrong field or parameter is in errors")];
const ON_BODIES: [(&str, &str); 2] = [
    ("413", "PAYLOAD_TOO_LARGE: the body is longer than 64 KiB"),
    ("415", "UNSUPPORTED_MEDIA_TYPE: the body is not application/json"),
];
const ON_PATH_PARAMETERS: [(&str, &str); 1] =
    [("404", "NOT_FOUND: there is no such thing, or not for this caller")];
const ON_CHANGES: [(&str, &str); 6] = [
    ("402", "CARD_DECLINED: the acquirer said no; declineCode says why"),
    (
        "409",
        "DUPLICATE_REQUEST, CAPTURE_CONFLICT, VOID_CONFLICT, REFUND_CONFLICT, AUTHORIZATION_EXPIRED: the state does not allow it; \
         with Retry-After: wait",
    ),
    ("422", "IDEMPOTENCY_KEY_REUSED, AMOUNT_TOO_LARGE, EXPECTED_AMOUNT_MISMATCH: understood, refused"),
    ("429", "RATE_LIMIT_EXCEEDED: wait for Retry-After seconds"),
    ("502", "ACQUIRER_ERROR: the acquirer refused to process it; nothing was charged"),
    ("504", "OUTCOME_UNKNOWN: it may have been done; repeat with the same key to learn the outcome"),
];

/// The document's own head: title, version, the groups of operations.
pub(crate) fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Payment SWElite")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Take payments: authorize, capture, void, refund. Amounts are integers in the currency's minor unit, times are \
             RFC 3339 in UTC, errors are RFC 9457 problems with a stable code, and every answer has an X-Request-Id.",
        ))
        .build();
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    OpenApiBuilder::new().info(info).tags(Some(tags)).build()
}

/// Adds to every operation what is true of all.
pub(crate) fn finish(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            add_errors(path, operation);
            add_refusals(access::need(&method, path), operation);
            add_headers(path, operation);
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Code::name().into_owned(), Code::schema());
    components.schemas.insert(FieldCode::name().into_owned(), FieldCode::schema());
    components.schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for (name, schema) in &mut components.schemas {
        point_list_at_row(name, schema, &names);
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let methods = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::DELETE, &mut item.delete),
    ];
    methods.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// How a call is refused where operators must log in.
fn add_refusals(need: Need, operation: &mut Operation) {
    let unauthenticated = match need {
        Need::Nothing => return,
        Need::Operator(_) => "UNAUTHENTICATED: this is for operators; nobody is signed in",
        Need::Merchant => {
            "UNAUTHENTICATED: without merchantId it covers all merchants, which is for operators; nobody is signed in"
        }
        Need::MerchantOr(_) => {
            "UNAUTHENTICATED: as an operator's act, with a session or token that is not good; a merchant needs neither"
        }
    };
    let forbidden = "FORBIDDEN: the operator's role is not enough; the message names the one that is";
    for (status, description) in [("401", unauthenticated), ("403", forbidden)] {
        let response = operation.responses.responses.entry(status.to_owned());
        let mut problem = Response::new(description);
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
        problem.content = [(PROBLEM_JSON.to_owned(), RefOr::T(content))].into_iter().collect();
        response.or_insert_with(|| RefOr::T(problem));
    }
}

fn changes_a_payment(path: &str) -> bool {
    CHANGES.iter().any(|change| path.starts_with(change))
}

fn add_errors(path: &str, operation: &mut Operation) {
    let has_path_parameter = path.contains('{');
    let has_input = operation.parameters.is_some() || operation.request_body.is_some();
    let alike = [
        (true, &ON_EVERY_CALL[..]),
        (has_input, &ON_PARAMETERS[..]),
        (operation.request_body.is_some(), &ON_BODIES[..]),
        (has_path_parameter, &ON_PATH_PARAMETERS[..]),
        (changes_a_payment(path), &ON_CHANGES[..]),
    ];
    let responses = &mut operation.responses.responses;
    for (status, description) in
        alike.iter().filter(|(applies, _)| *applies).flat_map(|(_, errors)| errors.iter())
    {
        let response = responses.entry((*status).to_owned());
        response.or_insert_with(|| RefOr::T(Response::new(*description)));
    }
    for (status, response) in responses.iter_mut() {
        if let (RefOr::T(response), true) = (response, status.as_str() >= "400") {
            let problem =
                ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
            response.content = [(PROBLEM_JSON.to_owned(), RefOr::T(problem))].into_iter().collect();
        }
    }
}

fn add_headers(path: &str, operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let mut add = |name: &str, kind: Type, about: &str| {
            response.headers.insert(name.to_owned(), RefOr::T(header(kind, about)));
        };
        add("X-Request-Id", Type::String, "The id of this call: the caller's if it sent a sane one");
        let waits =
            matches!(status.as_str(), "429" | "503" | "504") || (status == "409" && changes_a_payment(path));
        if waits {
            add("Retry-After", Type::Integer, "Seconds to wait before trying again");
        }
        if !changes_a_payment(path) {
            continue;
        }
        if matches!(status.as_str(), "200" | "402" | "409" | "422") {
            add(
                "Idempotent-Replayed",
                Type::String,
                "true when this is the stored answer of an earlier call",
            );
        }
        if !matches!(status.as_str(), "400" | "404" | "413" | "415") {
            add(
                "RateLimit-Policy",
                Type::String,
                "The limit: \"authorize\";q=20;w=60 is 20 calls in 60 seconds",
            );
            add(
                "RateLimit",
                Type::String,
                "Where it stands: \"authorize\";r=19;t=60 is 19 left, over in 60 seconds",
            );
        }
    }
}

fn header(kind: Type, about: &str) -> Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind))).description(Some(about)).build()
}

/// A page names its row type instead of repeating it.
fn point_list_at_row(name: &str, schema: &mut RefOr<Schema>, names: &[String]) {
    let row = name.strip_prefix("List_").filter(|row| names.iter().any(|name| name == row));
    let (Some(row), RefOr::T(Schema::Object(list))) = (row, schema) else { return };
    if let Some(RefOr::T(Schema::Array(data))) = list.properties.get_mut("data") {
        data.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(row).into()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::http::router;

    fn document() -> Value {
        serde_json::to_value(router::openapi()).unwrap()
    }

    #[test]
    fn every_operation_documents_its_errors_and_the_request_id() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(!ids.contains(&id.to_owned()), "{id} is there twice");
                ids.push(id.to_owned());
                assert!(
                    operation["summary"].is_string() && operation["tags"][0].is_string(),
                    "{method} {path}"
                );
                for (status, response) in operation["responses"].as_object().unwrap() {
                    assert!(response["headers"]["X-Request-Id"].is_object(), "{method} {path} {status}");
                    let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(
                        status.as_str() >= "400",
                        *problem == "#/components/schemas/Problem",
                        "{path} {status}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_call_that_changes_a_payment_documents_the_whole_contract() {
        let document = document();
        for path in [
            "/payments/authorize",
            "/payments/capture/{paymentId}",
            "/payments/void/{paymentId}",
            "/payments/refund/{paymentId}",
        ] {
            let responses = &document["paths"][path]["post"]["responses"];
            for status in ["200", "400", "402", "409", "413", "415", "422", "429", "500", "502", "503", "504"]
            {
                assert!(responses[status].is_object(), "{path} {status}");
            }
            assert!(responses["200"]["headers"]["Idempotent-Replayed"].is_object());
            assert!(responses["429"]["headers"]["RateLimit"].is_object());
            assert!(responses["429"]["headers"]["Retry-After"].is_object());
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(members) => {
                    for (name, member) in members {
                        match member.as_str() {
                            Some(target) if name == "$ref" => found.push(target),
                            _ => references(member, found),
                        }
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 20);
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
        }
    }
}
