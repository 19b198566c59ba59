//! `swelite operators …`: who may run the platform. Everything goes over the API; only `recover` opens the books themselves.

use std::io::{self, BufRead};

use axum::http::Method;
use clap::{Args, Subcommand};
use domain::operator::Role;
use engine::{
    operators::links,
    ports::{InstanceId, OperatorAct},
};
use serde_json::{Value, json};

use super::{
    Context, Exit,
    config::SettingsArgs,
    failure::Failure,
    open_failure,
    output::{Label, cell, numbers, words},
    remote::{Remote, Server},
};
use crate::{
    client::percent_encode,
    config::Flags,
    http::operators::{login::link_path, secret::Fresh},
    wiring,
};

/// Manage operators, their links and tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Operators {
    /// List them by name
    List(List),
    /// Add one; whoever opens the link that is printed sets the password
    Add(WithRole),
    /// Change what one may do
    Role(WithRole),
    /// Disable one: its sessions, tokens and links end
    Disable(One),
    /// Let one that was disabled sign in again
    Enable(One),
    /// Print a new one-time link, for whoever lost the password
    Link(One),
    /// Print a token for programs (SWELITE_TOKEN); asks for the password on standard input unless there is a token already
    Token(Token),
    /// End every token of one
    EndTokens(One),
    /// Print a link that makes an admin, from the books themselves: for when no admin can sign in any more
    Recover(Recover),
}

/// List them by name.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    remote: Remote,
}

/// Who, and as what.
#[derive(Debug, Args)]
pub(super) struct WithRole {
    /// Who
    name: String,
    /// As what: viewer, operator or admin
    role: String,
    /// Why; kept in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

/// Who.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Who
    name: String,
    /// Why; kept in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

/// Whose token, and for how long.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// Who acts with it
    name: String,
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// For how many days it is good
    #[arg(long, default_value_t = 30)]
    days: u32,
    #[command(flatten)]
    remote: Remote,
}

/// From which books.
#[derive(Debug, Args)]
pub(super) struct Recover {
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Operators {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Recover(command) => command.run(context),
            command => context.block_on(command.call(context)),
        }
    }

    async fn call(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Add(WithRole { name, role, reason, remote }) => {
                let body = json!({"name": name, "role": role, "reason": reason});
                let server = remote.server(context);
                let (_, added) = server.post("/operators", None, &body).await?;
                show_link(context, &server, added);
                Ok(())
            }
            Self::Role(WithRole { name, role, reason, remote }) => {
                change(context, (&remote, &name), json!({"role": role, "reason": reason})).await
            }
            Self::Disable(One { name, reason, remote }) => {
                change(context, (&remote, &name), json!({"disabled": true, "reason": reason})).await
            }
            Self::Enable(One { name, reason, remote }) => {
                change(context, (&remote, &name), json!({"disabled": false, "reason": reason})).await
            }
            Self::Link(One { name, reason, remote }) => {
                let path = format!("{}/link", path(&name));
                let body = json!({ "reason": reason });
                let server = remote.server(context);
                let (_, made) = server.post(&path, None, &body).await?;
                show_link(context, &server, made);
                Ok(())
            }
            Self::Token(command) => command.run(context).await,
            Self::EndTokens(One { name, remote, .. }) => {
                let path = format!("{}/tokens", path(&name));
                let (_, operator) = remote.server(context).send(Method::DELETE, &path, (&[], None)).await?;
                show(context, &operator);
                Ok(())
            }
            Self::Recover(command) => command.run(context),
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let operators = self.remote.server(context).get("/operators").await?;
        let (rows, output) = (operators["data"].as_array().into_iter().flatten(), &context.output);
        if output.json {
            rows.for_each(|operator| output.json(operator));
            return Ok(());
        }
        let columns = [
            words("이름", "name"),
            words("역할", "role"),
            words("상태", "state"),
            numbers("세션", "sessions"),
            numbers("토큰", "tokens"),
            words("마지막 사용", "last used"),
        ];
        let fields = ["name", "role", "state", "sessions", "tokens", "lastUsedAt"];
        let row = |operator: &Value| fields.into_iter().map(|field| cell(operator, field)).collect();
        output.table(&columns, rows.map(row).collect());
        Ok(())
    }
}

impl Token {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let server = self.remote.server(context);
        let session = server.get("/session").await?;
        let body = json!({"label": self.label, "days": self.days});
        let path = format!("{}/tokens", path(&self.name));
        let issued = if session["operator"].is_null() {
            let cookie = sign_in(context, &server, &self.name).await?;
            let issued = server.send(Method::POST, &path, (&[("cookie", &cookie)], Some(&body))).await;
            // The session was for this call alone.
            server.send(Method::DELETE, "/session", (&[("cookie", &cookie)], None)).await?;
            issued?.1
        } else {
            server.send(Method::POST, &path, (&[], Some(&body))).await?.1
        };
        let output = &context.output;
        if output.json {
            output.json(&issued);
        } else {
            output.line(issued["token"].as_str().unwrap_or_default());
            output.say(output.pick(
                "! 다시 볼 수 없어요. SWELITE_TOKEN에 두고 쓰세요.",
                "! it is not shown again; keep it in SWELITE_TOKEN",
            ));
        }
        Ok(())
    }
}

/// Signs in with a password of standard input; the cookie.
async fn sign_in(context: &Context, server: &Server<'_>, name: &str) -> Result<String, Failure> {
    let output = &context.output;
    output.say(output.pick("비밀번호를 표준 입력으로 주세요:", "the password, on standard input:"));
    let mut password = String::new();
    let read = io::stdin().lock().read_line(&mut password);
    read.map_err(|error| Failure::of_error(Exit::Unexpected, &error))?;
    let body = json!({"name": name, "password": password.trim_end_matches(['\r', '\n'])});
    let (answer, _) = server.send(Method::POST, "/session", (&[], Some(&body))).await?;
    let cookie = answer.headers.get("set-cookie").and_then(|value| value.to_str().ok());
    let pair = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    pair.ok_or_else(|| Failure::new(Exit::Unexpected, "the server began no session"))
}

impl Recover {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let settings = self.settings.load(context, Flags::new())?.settings;
        let output = &context.output;
        let seconds = settings.login.link_seconds;
        let unexpected = |why: String| Failure::new(Exit::Unexpected, why);
        let fresh = Fresh::new("", seconds, seconds).map_err(|error| unexpected(error.to_string()))?;
        context.block_on(async {
            let store = wiring::open_books(&settings, InstanceId(0)).await;
            let store = store.map_err(|error| open_failure(output.lang, &error))?;
            let act = OperatorAct {
                actor: "command line".into(),
                role: Role::Admin,
                reason: None,
                request_id: "recover".into(),
            };
            let made = links::recovery(store.as_ref(), fresh.issued, &act).await;
            made.map_err(|error| Failure::of_error(Exit::Unexpected, &error))
        })?;
        let base = wiring::public_base(&settings, settings.socket());
        output.line(&format!("{base}{}", link_path(None, &fresh.text)));
        Ok(())
    }
}

fn path(name: &str) -> String {
    format!("/operators/{}", percent_encode(name))
}

async fn change(context: &Context, (remote, name): (&Remote, &str), body: Value) -> Result<(), Failure> {
    let server = remote.server(context);
    let (_, operator) = server.send(Method::PUT, &path(name), (&[], Some(&body))).await?;
    show(context, &operator);
    Ok(())
}

/// The link with the server's address in front of it, so that it can be opened as it is.
fn show_link(context: &Context, server: &Server<'_>, mut made: Value) {
    let output = &context.output;
    let link =
        format!("{}{}", server.base().trim_end_matches('/'), made["link"].as_str().unwrap_or_default());
    if output.json {
        made["link"] = link.into();
        output.json(&made);
        return;
    }
    output.line(&link);
    output.say(output.pick(
        "! 이 링크를 그 사람에게 전하세요. 한 번만 쓸 수 있고 다시 볼 수 없어요.",
        "! give this link to them; it works once and is not shown again",
    ));
}

fn show(context: &Context, operator: &Value) {
    let output = &context.output;
    if output.json {
        output.json(operator);
        return;
    }
    output.labelled(operator, &LABELS);
}

/// The fields of an operator, and what they are called.
const LABELS: [Label; 7] = [
    ("name", "이름", "name"),
    ("role", "역할", "role"),
    ("state", "상태", "state"),
    ("sessions", "세션", "sessions"),
    ("tokens", "토큰", "tokens"),
    ("createdAt", "등록한 시각", "created at"),
    ("lastUsedAt", "마지막 사용", "last used"),
];
