//! An act of an operator that needs no more than a reason.

use axum::{
    RequestExt,
    extract::{FromRequest, Request},
};
use engine::ports::OperatorAct;

use super::actor::Acting;
use crate::http::{body::JsonBytesOrNone, problem::Problem, state::AppState, wire};

/// An act whose body says why and no more; if `NEEDED`, it must.
#[derive(Debug)]
pub(crate) struct Reasoned<const NEEDED: bool>(pub(crate) OperatorAct);

impl<const NEEDED: bool> FromRequest<AppState> for Reasoned<NEEDED> {
    type Rejection = Problem;

    async fn from_request(mut request: Request, app: &AppState) -> Result<Self, Problem> {
        let acting: Acting = request.extract_parts().await?;
        let JsonBytesOrNone(bytes) = JsonBytesOrNone::from_request(request, app).await?;
        let reason = wire::act(&bytes, NEEDED)?;
        Ok(Self(acting.act(reason.as_ref())))
    }
}
