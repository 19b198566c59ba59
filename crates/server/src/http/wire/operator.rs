//! The bodies of signing in and of managing operators.

use domain::{id::OperatorName, operator::Role, text::Reason};
use engine::operators::accounts::Change;
use serde::Serialize;
use utoipa::ToSchema;

use super::reader::Reader;
use crate::{
    http::problem::{FieldCode, Problem},
    password::{LENGTH, Password},
};

pub(super) const LOGIN_NAMES: &[&str] = &["name", "password"];
pub(super) const LINK_NAMES: &[&str] = &["link", "name", "password"];
pub(super) const PASSWORD_NAMES: &[&str] = &["current", "password"];
pub(super) const OPERATOR_NAMES: &[&str] = &["name", "reason", "role"];
pub(super) const CHANGE_NAMES: &[&str] = &["disabled", "reason", "role"];
pub(super) const TOKEN_NAMES: &[&str] = &["days", "label"];

const DAY_SECONDS: u32 = 24 * 60 * 60;
const DAYS_DEFAULT: u32 = 30;
const DAYS_MAX: i64 = 366;

/// Who signs in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LoginRequest)]
pub(crate) struct LoginBody {
    /// Who.
    #[schema(example = "kim")]
    name: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// A password for a one-time link.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LinkRequest)]
pub(crate) struct LinkBody {
    /// The secret of the link.
    link: String,
    /// Who the first admin is: 1–64 of `A-Za-z0-9._@-`. An invitation knows whose it is.
    #[schema(required = false)]
    name: Option<String>,
    /// The password: 10–256 characters.
    #[schema(format = Password, min_length = 10, max_length = 256)]
    password: String,
}

/// Another password.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PasswordRequest)]
pub(crate) struct PasswordBody {
    /// The one there is.
    #[schema(format = Password)]
    current: String,
    /// The new one: 10–256 characters.
    #[schema(format = Password, min_length = 10, max_length = 256)]
    password: String,
}

/// Someone who may run the platform.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorRequest)]
pub(crate) struct OperatorBody {
    /// Who: 1–64 of `A-Za-z0-9._@-`.
    #[schema(example = "kim")]
    name: String,
    /// As what: `viewer`, `operator` or `admin`.
    #[schema(example = "operator")]
    role: String,
    /// Why, for the audit log.
    #[schema(min_length = 1, max_length = 128, required = false)]
    reason: Option<String>,
}

/// What is changed about an operator: one of the two.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorChange)]
pub(crate) struct OperatorChangeBody {
    /// What it may do: `viewer`, `operator` or `admin`.
    #[schema(required = false)]
    role: Option<String>,
    /// Whether it may do nothing at all; then its sessions, tokens and links end.
    #[schema(required = false)]
    disabled: Option<bool>,
    /// Why, for the audit log.
    #[schema(min_length = 1, max_length = 128, required = false)]
    reason: Option<String>,
}

/// A token of a program.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TokenRequest)]
pub(crate) struct TokenBody {
    /// For how many days it is good.
    #[schema(minimum = 1, maximum = 366, required = false, default = 30)]
    days: Option<u32>,
    /// What it is called.
    #[schema(min_length = 1, max_length = 64, required = false)]
    label: Option<String>,
}

/// Who signs in, as typed: a name nobody can have is one nobody has.
pub(crate) struct Login {
    pub(crate) name: Box<str>,
    pub(crate) password: Password,
}

/// A password for a one-time link.
pub(crate) struct Link {
    pub(crate) link: Box<str>,
    pub(crate) name: Option<OperatorName>,
    pub(crate) password: Password,
}

/// Another password.
pub(crate) struct NewPassword {
    pub(crate) current: Password,
    pub(crate) password: Password,
}

/// Someone who is added.
pub(crate) struct NewOperator {
    pub(crate) name: OperatorName,
    pub(crate) role: Role,
    pub(crate) reason: Option<Reason>,
}

/// What is changed about an operator.
pub(crate) struct OperatorChange {
    pub(crate) change: Change,
    pub(crate) reason: Option<Reason>,
}

/// A token of a program.
pub(crate) struct Token {
    pub(crate) seconds: u32,
    pub(crate) label: Option<Reason>,
}

/// Reads the body of a login.
pub(crate) fn login(body: &[u8]) -> Result<Login, Problem> {
    let mut reader = Reader::new(body, LOGIN_NAMES)?;
    let name = reader.text("name").map(|name| name.as_ref().into());
    reader.require("name");
    let password = typed(&mut reader, "password");
    reader.finish(name.zip(password).map(|(name, password)| Login { name, password }))
}

/// Reads the body that uses a one-time link.
pub(crate) fn link(body: &[u8]) -> Result<Link, Problem> {
    let mut reader = Reader::new(body, LINK_NAMES)?;
    let link = reader.text("link").map(|link| link.as_ref().into());
    reader.require("link");
    let name = reader.parsed("name");
    let password = chosen(&mut reader);
    reader.finish(link.zip(password).map(|(link, password)| Link { link, name, password }))
}

/// Reads the body of a change of password.
pub(crate) fn password(body: &[u8]) -> Result<NewPassword, Problem> {
    let mut reader = Reader::new(body, PASSWORD_NAMES)?;
    let current = typed(&mut reader, "current");
    let password = chosen(&mut reader);
    reader.finish(current.zip(password).map(|(current, password)| NewPassword { current, password }))
}

/// Reads the body that adds an operator.
pub(crate) fn operator(body: &[u8]) -> Result<NewOperator, Problem> {
    let mut reader = Reader::new(body, OPERATOR_NAMES)?;
    let name = reader.parsed("name");
    reader.require("name");
    let role = role(&mut reader);
    reader.require("role");
    let reason = reader.parsed("reason");
    reader.finish(name.zip(role).map(|(name, role)| NewOperator { name, role, reason }))
}

/// Reads the body that changes an operator.
pub(crate) fn operator_change(body: &[u8]) -> Result<OperatorChange, Problem> {
    let mut reader = Reader::new(body, CHANGE_NAMES)?;
    let role = role(&mut reader);
    let disabled = reader.flag("disabled");
    let reason = reader.parsed("reason");
    let change = match (role, disabled) {
        (Some(role), None) => Some(Change::Role(role)),
        (None, Some(true)) => Some(Change::Disable),
        (None, Some(false)) => Some(Change::Enable),
        (Some(_), Some(_)) => {
            reader.refuse("disabled", FieldCode::InvalidFormat, "is there beside role; change one at a time");
            None
        }
        (None, None) => {
            reader.require("role");
            None
        }
    };
    reader.finish(change.map(|change| OperatorChange { change, reason }))
}

/// Reads the body that makes a token. No body is the same as an empty object.
pub(crate) fn token(body: &[u8]) -> Result<Token, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    let mut reader = Reader::new(body, TOKEN_NAMES)?;
    let days = reader.amount("days", 1);
    if days.is_some_and(|days| days > DAYS_MAX) {
        reader.refuse("days", FieldCode::OutOfRange, format!("is not between 1 and {DAYS_MAX}"));
    }
    let label: Option<Reason> = reader.parsed("label");
    if label.as_ref().is_some_and(|label| label.as_str().chars().count() > 64) {
        reader.refuse("label", FieldCode::TooLong, "is longer than 64 characters");
    }
    let days = days.and_then(|days| u32::try_from(days).ok()).unwrap_or(DAYS_DEFAULT);
    reader.finish(Some(Token { seconds: days.saturating_mul(DAY_SECONDS), label }))
}

fn role(reader: &mut Reader<'_>) -> Option<Role> {
    reader.word("role", &Role::ALL.map(|role| (role.as_str(), role)))
}

fn typed(reader: &mut Reader<'_>, name: &'static str) -> Option<Password> {
    let password = reader.text(name).map(|text| Password::new(&text));
    reader.require(name);
    password
}

/// A password somebody chooses.
fn chosen(reader: &mut Reader<'_>) -> Option<Password> {
    let text = reader.text("password");
    reader.require("password");
    let text = text?;
    let length = text.chars().count();
    if length < *LENGTH.start() {
        reader.refuse(
            "password",
            FieldCode::TooShort,
            format!("has fewer than {} characters", LENGTH.start()),
        );
        return None;
    }
    if length > *LENGTH.end() {
        reader.refuse("password", FieldCode::TooLong, format!("has more than {} characters", LENGTH.end()));
        return None;
    }
    Some(Password::new(&text))
}
