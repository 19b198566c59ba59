//! What each call needs, in one table. A call without a row is an admin's; a test finds it.

use axum::http::Method;
use domain::operator::Role;

/// What a call needs where operators must log in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// Nothing: it is for everyone, or proves by itself who calls.
    Nothing,
    /// Nothing of a merchant, who names itself in `merchantId`. All merchants at once are for operators.
    Merchant,
    /// Nothing of a merchant. An operator says so (a session, a token, `Operator-Act`) and needs this role.
    MerchantOr(Role),
    /// An operator of this role.
    Operator(Role),
}

use Need::{Merchant, MerchantOr, Nothing, Operator};
use Role::{Admin, Viewer};

const ACTS: Role = Role::Operator;

/// Every call: its method, its path, what it needs.
pub(crate) const TABLE: &[(Method, &str, Need)] = &[
    (Method::POST, "/payments/authorize", MerchantOr(ACTS)),
    (Method::POST, "/payments/capture/{paymentId}", MerchantOr(ACTS)),
    (Method::POST, "/payments/void/{paymentId}", MerchantOr(ACTS)),
    (Method::POST, "/payments/refund/{paymentId}", MerchantOr(ACTS)),
    (Method::GET, "/payments", Merchant),
    (Method::GET, "/payments/counts", Merchant),
    (Method::GET, "/payments/{id}", Merchant),
    (Method::GET, "/payments/{id}/timeline", Merchant),
    (Method::GET, "/payments/{id}/flow", Merchant),
    (Method::GET, "/payments/{id}/ledger", Merchant),
    (Method::GET, "/events", Merchant),
    (Method::GET, "/events/stream", Merchant),
    (Method::GET, "/ledger/accounts", Operator(Viewer)),
    (Method::GET, "/ledger/accounts/{code}/entries", Operator(Viewer)),
    (Method::GET, "/ledger/entries", Operator(Viewer)),
    (Method::GET, "/ledger/entries/{id}", Operator(Viewer)),
    (Method::GET, "/ledger/trial-balance", Operator(Viewer)),
    (Method::GET, "/ledger/proofs", Operator(Viewer)),
    // It changes nothing but takes the database's time.
    (Method::POST, "/ledger/proofs", Operator(ACTS)),
    (Method::GET, "/outbox", Operator(Viewer)),
    (Method::POST, "/outbox/rewind", Operator(ACTS)),
    (Method::GET, "/dead-letters", Operator(Viewer)),
    (Method::GET, "/dead-letters/counts", Operator(Viewer)),
    (Method::GET, "/dead-letters/{id}", Operator(Viewer)),
    (Method::GET, "/dead-letters/{id}/forecast", Operator(Viewer)),
    (Method::POST, "/dead-letters/{id}/redrive", Operator(ACTS)),
    (Method::POST, "/dead-letters/{id}/hold", Operator(ACTS)),
    (Method::POST, "/dead-letters/{id}/discard", Operator(ACTS)),
    (Method::POST, "/dead-letters/bulk", Operator(ACTS)),
    (Method::GET, "/limits", Operator(Viewer)),
    (Method::GET, "/idempotency", Operator(Viewer)),
    (Method::GET, "/overview", Operator(Viewer)),
    (Method::GET, "/health/components", Operator(Viewer)),
    (Method::GET, "/audit", Operator(Viewer)),
    (Method::GET, "/requests", Operator(Viewer)),
    (Method::GET, "/session", Nothing),
    (Method::POST, "/session", Nothing),
    (Method::DELETE, "/session", Nothing),
    // The link itself says who calls.
    (Method::POST, "/session/link", Nothing),
    (Method::PUT, "/session/password", Operator(Viewer)),
    (Method::GET, "/operators", Operator(Admin)),
    (Method::POST, "/operators", Operator(Admin)),
    (Method::PUT, "/operators/{name}", Operator(Admin)),
    (Method::POST, "/operators/{name}/link", Operator(Admin)),
    // One's own; an admin's, of anybody.
    (Method::POST, "/operators/{name}/tokens", Operator(Viewer)),
    (Method::DELETE, "/operators/{name}/tokens", Operator(Viewer)),
    // The shop is a merchant; a shopper is known by a cookie of their own.
    (Method::GET, "/store/products", Nothing),
    (Method::GET, "/store/products/{slug}", Nothing),
    (Method::POST, "/store/quote", Nothing),
    (Method::GET, "/store/orders", Nothing),
    (Method::POST, "/store/orders", Nothing),
    (Method::GET, "/store/orders/{no}", Nothing),
    (Method::POST, "/store/orders/{no}/pay", Nothing),
    (Method::POST, "/store/orders/{no}/refunds", Nothing),
    (Method::GET, "/sim/faults", Nothing),
    (Method::PUT, "/sim/faults", Operator(Admin)),
    (Method::POST, "/sim/poison", Operator(Admin)),
    (Method::GET, "/healthz", Nothing),
    (Method::GET, "/readyz", Nothing),
    (Method::GET, "/metrics", Nothing),
    (Method::GET, "/openapi.json", Nothing),
    (Method::GET, "/docs", Nothing),
    (Method::GET, "/docs/page.css", Nothing),
    (Method::GET, "/docs/page.js", Nothing),
    (Method::GET, "/docs/theme.js", Nothing),
];

/// What a call needs.
pub(crate) fn need(method: &Method, template: &str) -> Need {
    // Whoever may read may ask for the head alone; a method that is not there is refused as such by the router.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let row = TABLE.iter().find(|(known, path, _)| known == method && *path == template);
    match row {
        Some((_, _, need)) => *need,
        None if TABLE.iter().any(|(_, path, _)| *path == template) => Nothing,
        None => Operator(Admin),
    }
}
