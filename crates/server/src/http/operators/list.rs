//! `GET /operators`: who may run the platform.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{id::OperatorId, time::Timestamp};
use engine::ports::{Operator, Secret, SecretKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{list::List, problem::Problem, query::Query, state::AppState};

/// Someone who may run the platform.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Operator)]
pub(super) struct OperatorView {
    /// Who.
    name: String,
    /// As what: `viewer`, `operator` or `admin`.
    role: &'static str,
    /// `INVITED` until the one-time link has been used, then `ACTIVE`, or `DISABLED`.
    state: &'static str,
    /// Since when it is known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When a session or a token of it was last used, to the minute; null when none is good.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_used_at: Option<Timestamp>,
    /// Sessions that are good.
    sessions: usize,
    /// Tokens of programs that are good.
    tokens: usize,
}

impl OperatorView {
    pub(super) fn of(operator: &Operator, secrets: &[Secret]) -> Self {
        let state = match (operator.disabled_at, &operator.password) {
            (Some(_), _) => "DISABLED",
            (None, None) => "INVITED",
            (None, Some(_)) => "ACTIVE",
        };
        let of = |kind| secrets.iter().filter(|secret| secret.kind == kind).count();
        let used = secrets.iter().filter(|secret| secret.kind != SecretKind::Link);
        Self {
            name: operator.name.to_string(),
            role: operator.role.as_str(),
            state,
            created_at: operator.created_at,
            last_used_at: used.map(|secret| secret.used_at).max(),
            sessions: of(SecretKind::Session),
            tokens: of(SecretKind::Token),
        }
    }
}

/// List operators
///
/// By name; all of them.
#[utoipa::path(
    get,
    path = "/operators",
    tag = "operators",
    operation_id = "listOperators",
    responses((status = 200, description = "Who may run the platform", body = List<OperatorView>))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<OperatorView>>, Problem> {
    Query::new(query.as_deref()).finish()?;
    let mut snapshot = app.store.snapshot().await?;
    let operators = snapshot.operator_list().await?;
    let now = app.clock.now();
    let mut secrets: HashMap<OperatorId, Vec<Secret>> = HashMap::new();
    for secret in snapshot.secret_list().await?.into_iter().filter(|secret| secret.expires_at > now) {
        if let Some(operator) = secret.operator {
            secrets.entry(operator).or_default().push(secret);
        }
    }
    let none = Vec::new();
    let view = |operator: &Operator| OperatorView::of(operator, secrets.get(&operator.id).unwrap_or(&none));
    Ok(Json(List::whole(operators.iter().map(view).collect())))
}
