//! The wire: routes, parsing, status codes, the bytes clients see, OpenAPI. Nothing else serialises to clients.
//!
//! Where to look: [`router`] assembles the routes; [`state`] is what they share; [`problem`] is every error; [`query`] and
//! [`list`] are the conventions of everything that is read. What passes this door is valid: nobody validates again.
//!
//! To add a resource: a file (or folder) of its own with `pub(crate) fn routes() -> OpenApiRouter<AppState>`, merged in
//! [`router`]. Handlers return `Result<_, Problem>`; request id, `instance` and metrics are added on the way out.

pub mod accept;
mod audit;
mod body;
mod components;
mod cors;
mod dead_letters;
pub mod desk;
mod docs;
mod events;
mod faults;
mod gauges;
mod health;
mod host;
mod idempotency;
mod ledger;
mod limits;
pub mod list;
mod middleware;
pub(crate) mod openapi;
#[cfg(test)]
mod operations_tests;
pub mod operators;
mod outbox;
mod overview;
pub mod path;
mod payments;
mod preference;
pub mod problem;
pub mod query;
pub mod render;
pub mod request_id;
pub mod requests;
pub mod router;
mod shop;
pub mod state;
pub mod store_answer;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod web;
mod wire;

/// Bytes as lower-case hex.
fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
