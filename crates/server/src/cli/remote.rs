//! Commands that talk to a running server.

use std::time::Duration;

use axum::http::Method;
use clap::Args;
use serde_json::Value;

use super::{Context, failure::Failure};
use crate::client::{Answer, HttpClient, with_query};

/// Where the server is when nobody says.
const URL_DEFAULT: &str = "http://127.0.0.1:8080";
/// Longer than the server's own limit, so that its answer is heard.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Rows asked for at once.
const PAGE_MAX: usize = 200;

/// Where the server is.
#[derive(Clone, Debug, Args)]
pub(super) struct Remote {
    /// Where the server is (or SWELITE_URL) [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// The server, as a command sees it.
pub(super) struct Server<'a> {
    context: &'a Context,
    client: HttpClient,
}

impl Remote {
    pub(super) fn server<'a>(&self, context: &'a Context) -> Server<'a> {
        let from_environment = || context.source.variable("SWELITE_URL").filter(|url| !url.is_empty());
        let url =
            self.url.clone().or_else(|| from_environment().map(|url| url.to_string_lossy().into_owned()));
        let client = HttpClient::new(url.as_deref().unwrap_or(URL_DEFAULT), TIMEOUT);
        let token = token(context);
        let client = token.and_then(|token| client.clone().with_token(&token)).unwrap_or(client);
        Server { context, client }
    }
}

/// The operator's token of the environment, or of the file that it names. A file that cannot be read is as good as none: the server
/// says what is missing.
fn token(context: &Context) -> Option<String> {
    let variable = |name| context.source.variable(name).filter(|value| !value.is_empty());
    let text = variable("SWELITE_TOKEN").map(|token| token.to_string_lossy().into_owned());
    let text = text.or_else(|| context.source.file(variable("SWELITE_TOKEN_FILE")?.as_ref()).ok());
    text.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())
}

impl Server<'_> {
    /// Where it is.
    pub(super) fn base(&self) -> &str {
        self.client.base()
    }

    /// The bare client, for answers that are not JSON or whose refusal is no failure.
    pub(super) fn client(&self) -> &HttpClient {
        &self.client
    }

    /// Reads something.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        let answer = self.client.get(path).await;
        let answer = answer.map_err(|error| Failure::of_call(self.context.output.lang, &error, false))?;
        self.accept(&answer)
    }

    /// Changes something. `key` goes into the header, so that a repetition is a replay.
    pub(super) async fn post(
        &self,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<(Answer, Value), Failure> {
        let headers: Vec<(&str, &str)> = key.into_iter().map(|key| ("idempotency-key", key)).collect();
        let answer = self.client.call(Method::POST, path, &headers, Some(body)).await;
        let answer = answer.map_err(|error| Failure::of_call(self.context.output.lang, &error, true))?;
        let value = self.accept(&answer)?;
        Ok((answer, value))
    }

    /// Changes something, by any method.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        (headers, body): (&[(&str, &str)], Option<&Value>),
    ) -> Result<(Answer, Value), Failure> {
        let answer = self.client.call(method, path, headers, body).await;
        let answer = answer.map_err(|error| Failure::of_call(self.context.output.lang, &error, true))?;
        let value = self.accept(&answer)?;
        Ok((answer, value))
    }

    /// The first `limit` rows of a list, page by page.
    pub(super) async fn list(
        &self,
        path: &str,
        filters: &[(&str, String)],
        limit: usize,
    ) -> Result<Vec<Value>, Failure> {
        let mut rows: Vec<Value> = Vec::new();
        let mut cursor: Option<String> = None;
        while rows.len() < limit {
            let mut query = filters.to_vec();
            query.push(("limit", (limit - rows.len()).min(PAGE_MAX).to_string()));
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut page = self.get(&with_query(path, &query)).await?;
            if let Value::Array(data) = page["data"].take() {
                rows.extend(data);
            }
            cursor = page["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        rows.truncate(limit);
        Ok(rows)
    }

    fn accept(&self, answer: &Answer) -> Result<Value, Failure> {
        let lang = self.context.output.lang;
        let value: Option<Value> = serde_json::from_slice(&answer.body).ok();
        match (answer.status, value) {
            (200..=299, Some(value)) => Ok(value),
            (200..=299, None) => {
                let sentence = format!("{} does not speak the API of swelite", self.client.base());
                Err(Failure::new(super::exit::Exit::Unexpected, sentence))
            }
            _ => Err(Failure::of_answer(lang, answer)),
        }
    }
}
