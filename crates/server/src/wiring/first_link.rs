//! The link with which the first admin of a platform sets a password: printed at start, as long as there is none.
//!
//! Every replica that starts prints a link of its own; all of them end when the first is used.

use std::net::SocketAddr;

use engine::{commit::Context, operators::links};

use super::{Role, UpError};
use crate::{
    config::{Origin, Settings},
    http::operators::{login::link_path, secret::Fresh},
};

/// The whole address of the page, where somebody must log in and nobody can yet.
pub(super) async fn make(
    settings: &Settings,
    role: Role,
    context: &Context,
    address: SocketAddr,
) -> Result<Option<String>, UpError> {
    if !role.ingests() || !settings.login_required() {
        return Ok(None);
    }
    let seconds = settings.login.link_seconds;
    let no_randomness = |error: aws_lc_rs::error::Unspecified| UpError::Machine {
        context: "draw a secret",
        source: std::io::Error::other(error.to_string()),
    };
    let fresh = Fresh::new("", seconds, seconds).map_err(no_randomness)?;
    let made = links::first(context.store.as_ref(), fresh.issued).await?;
    Ok(made.then(|| format!("{}{}", base(settings, address), link_path(None, &fresh.text))))
}

/// Where a browser finds this platform: as set, else as well as it can be told.
pub fn base(settings: &Settings, address: SocketAddr) -> String {
    match settings.login.public_url.as_ref().map(Origin::to_string) {
        Some(url) => url,
        None if address.ip().is_unspecified() => format!("http://localhost:{}", address.port()),
        None => format!("http://{address}"),
    }
}
