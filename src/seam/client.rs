//! The transport: one `send`, and the retries of calls that only ask.
//!
//! Every attempt pays for its place in the pace. Bodies, keys and headers are never logged.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Response, Url, redirect};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer, RawAnswer};
use super::calls::Counters;
use super::clock::ClockDifference;
use super::error::{CallError, CallErrorKind, SeamError};
use super::message::clean;
use super::pace::Pace;
use super::retry::{Course, Delays, FullJitter, Next, Safety, Verdict, pause, verdict};
use super::retry_after::{http_date, retry_after};
use super::settings::{Credentials, SeamSettings};
use super::writer::Watch;
use crate::event::Event;

/// No answer of ours is larger; what is larger is not Seam.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("seam-request-id");
const WORKSPACE: HeaderName = HeaderName::from_static("seam-workspace");

/// Whom a 429 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// No door is to blame, so everybody slows down.
    Workspace,
    /// The limit of a door may be to blame, so only this call waits.
    Doors,
}

/// One call: where, what, and what repeating it would do. It has no `Debug`, because the body may hold people.
pub(super) struct Request {
    pub(super) path: &'static str,
    pub(super) safety: Safety,
    pub(super) reach: Reach,
    pub(super) body: Value,
}

impl Request {
    /// A call that only asks.
    pub(super) fn read(path: &'static str, body: Value) -> Self {
        Self { path, safety: Safety::Read, reach: Reach::Workspace, body }
    }

    /// What no message may repeat.
    fn secrets(&self) -> Vec<&str> {
        let personal = ["full_name", "email_address", "phone_number"].map(|field| &self.body[field]);
        let methods = self.body["requested_access_methods"].as_array();
        let codes = methods.into_iter().flatten().map(|method| &method["code"]);
        personal.into_iter().chain(codes).filter_map(Value::as_str).collect()
    }
}

/// The connection to one workspace.
pub(super) struct Client {
    http: reqwest::Client,
    base_url: String,
    pace: Pace,
    patience: Duration,
    calls: Counters,
    clock: ClockDifference,
}

impl Client {
    pub(super) fn new(settings: &SeamSettings) -> Result<Self, SeamError> {
        let base_url = checked_base_url(&settings.base_url)?;
        // Whoever installed a provider before us installed the same one.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut builder = reqwest::Client::builder()
            .default_headers(headers(&settings.credentials)?)
            .user_agent(concat!("reservation-sync/", env!("CARGO_PKG_VERSION")))
            .timeout(settings.timeout)
            .connect_timeout(settings.timeout.min(Duration::from_secs(10)))
            .pool_idle_timeout(Duration::from_secs(30))
            // A redirect would turn the POST into a GET.
            .redirect(redirect::Policy::none())
            .gzip(true);
        if base_url.scheme() == "http" {
            // Without this a machine that has no certificates could not even reach its own sandbox.
            builder = builder.tls_certs_only(std::iter::empty::<Certificate>());
        }
        if matches!(base_url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder.build().map_err(SeamError::Client)?,
            base_url: base_url.as_str().trim_end_matches('/').to_owned(),
            pace: Pace::new(&settings.limits),
            patience: settings.patience,
            calls: Counters::default(),
            clock: ClockDifference::default(),
        })
    }

    pub(super) fn calls(&self) -> &Counters {
        &self.calls
    }

    pub(super) fn clock(&self) -> &ClockDifference {
        &self.clock
    }

    /// The retries of one call.
    pub(super) fn course(&self) -> Course<FullJitter> {
        Course::new(FullJitter::new(), self.patience)
    }

    /// One attempt. `cancel` is heard only while the request waits for its turn; what is sent is waited for.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        request: &Request,
        cancel: Option<&CancellationToken>,
    ) -> Result<Answer<T>, CallError> {
        let stopped = async {
            match cancel {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let _permit = tokio::select! {
            biased;
            () = stopped => {
                return Err(CallError::new(request.path, CallErrorKind::Cancelled, ""));
            }
            permit = self.pace.acquire() => permit,
        };
        self.calls.sent(request.safety);
        let asked = Timestamp::now();
        let raw = self.exchange(request).await?;
        if let Some(date) = raw.date {
            self.clock.note(date, asked, Timestamp::now());
        }
        let answer = answer::read(request.path, raw, &request.secrets());
        if let Err(CallError { kind: CallErrorKind::Throttled { .. }, .. }) = &answer {
            self.calls.throttled();
        }
        answer
    }

    /// A call that only asks, until it is answered or the patience is over.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        request: &Request,
        watch: Watch<'_>,
    ) -> Result<T, CallError> {
        let mut course = self.course();
        let mut n_attempts = 0;
        loop {
            let error = match self.send(request, Some(watch.cancel)).await {
                Ok(answer) => return Ok(answer.content),
                Err(error) => error,
            };
            n_attempts += 1;
            let again = verdict(&error.kind, Safety::Read) == Verdict::Retry
                && self.wait(request.reach, &error, &mut course, watch).await == Next::Go;
            if !again {
                return Err(CallError { n_attempts, ..error });
            }
        }
    }

    /// Waits after a failure, tells of it, and lets the others wait too where no door is to blame.
    pub(super) async fn wait<D: Delays>(
        &self,
        reach: Reach,
        error: &CallError,
        course: &mut Course<D>,
        watch: Watch<'_>,
    ) -> Next {
        let Some(wait) = course.wait_after(error) else { return Next::OutOfPatience };
        let throttled = matches!(error.kind, CallErrorKind::Throttled { .. });
        if throttled && reach == Reach::Workspace {
            self.pace.hold(wait);
        }
        self.calls.retried();
        watch.sink.emit(&Event::Retried { path: error.path, wait, throttled });
        tracing::debug!(
            seam.path = error.path,
            seam.status = error.status,
            seam.request_id = error.request_id,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "waiting before the call is taken up again: {}",
            error.kind
        );
        match watch.turns {
            Some(turns) => turns.next(error.kind, wait, watch.cancel).await,
            None => pause(wait, watch.cancel).await,
        }
    }

    async fn exchange(&self, request: &Request) -> Result<RawAnswer, CallError> {
        let failed = |error: reqwest::Error| transport_error(request.path, error);
        let url = format!("{}{}", self.base_url, request.path);
        let mut response = self.http.post(url).json(&request.body).send().await.map_err(failed)?;
        let mut raw = facts(&response);
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if raw.body.len() + chunk.len() > MAX_BODY_BYTES {
                let message = format!("the answer is larger than {MAX_BODY_BYTES} bytes");
                let error = CallError::new(request.path, CallErrorKind::BadAnswer, message);
                return Err(CallError { status: Some(raw.status), request_id: raw.request_id, ..error });
            }
            raw.body.extend_from_slice(&chunk);
        }
        Ok(raw)
    }
}

/// What the head of an answer says.
fn facts(response: &Response) -> RawAnswer {
    let header = |name: &HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    // The date form of Retry-After is meant by Seam's clock, not by ours.
    let date = header(&DATE).and_then(http_date);
    let now = date.unwrap_or_else(Timestamp::now);
    RawAnswer {
        status: response.status().as_u16(),
        is_json: header(&CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json")),
        retry_after: header(&RETRY_AFTER).and_then(|value| retry_after(value, now)),
        date,
        request_id: header(&REQUEST_ID).map(|id| clean(id, &[])),
        body: Vec::new(),
    }
}

/// What a connection that failed means: whether anything can have been sent.
fn transport_error(path: &'static str, error: reqwest::Error) -> CallError {
    let kind = if error.is_connect() {
        CallErrorKind::Unreachable
    } else if error.is_builder() {
        CallErrorKind::BadAnswer
    } else {
        CallErrorKind::LostAnswer
    };
    let error = error.without_url();
    // The top line of these errors says little; the last cause says what happened.
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    CallError::new(path, kind, clean(&cause.to_string(), &[]))
}

fn checked_base_url(base_url: &str) -> Result<Url, SeamError> {
    let wrong = |reason| SeamError::BaseUrl { base_url: clean(base_url, &[]), reason };
    let url = Url::parse(base_url).map_err(|_| wrong("it is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // The address itself would show the password.
        return Err(SeamError::BaseUrl {
            base_url: url.host_str().unwrap_or_default().to_owned(),
            reason: "it must not hold a user name or password",
        });
    }
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("it must begin with http:// or https://"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it must end after the host or path"));
    }
    Ok(url)
}

fn headers(credentials: &Credentials) -> Result<HeaderMap, SeamError> {
    let (secret, workspace) = match credentials {
        Credentials::ApiKey(key) => (key, None),
        Credentials::PersonalAccessToken { token, workspace } => (token, Some(workspace)),
    };
    let bearer = format!("Bearer {}", secret.expose_secret());
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| SeamError::Credentials)?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    if let Some(workspace) = workspace {
        let workspace = HeaderValue::from_str(workspace.as_str()).map_err(|_| SeamError::Credentials)?;
        headers.insert(WORKSPACE, workspace);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base_url: &str, expected: Option<&str>) {
        let reason = checked_base_url(base_url).err().map(|error| error.to_string());
        match expected {
            None => assert_eq!(reason, None, "{base_url}"),
            Some(part) => assert!(reason.as_ref().is_some_and(|reason| reason.contains(part)), "{reason:?}"),
        }
    }

    #[test]
    fn the_address_of_seam_is_checked_before_it_is_used() {
        check("https://connect.getseam.com", None);
        check("http://127.0.0.1:4000/", None);
        check("connect.getseam.com", Some("not a URL"));
        check("ftp://connect.getseam.com", Some("must begin with"));
        check("https://connect.getseam.com/?a=b", Some("must end after"));
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_shown() {
        let error = checked_base_url("https://ana:hunter2@seam.example.com").expect_err("a password");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn what_we_send_of_a_guest_is_known_as_secret() {
        let body = serde_json::json!({"full_name": "Ana Sousa", "email_address": null, "name": "R1",
            "requested_access_methods": [{"mode": "code", "code": "0471"}, {"mode": "card"}]});
        let request = Request::read("/x", body);
        assert_eq!(request.secrets(), ["Ana Sousa", "0471"]);
    }
}
