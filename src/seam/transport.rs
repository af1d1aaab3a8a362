//! How a request gets to Seam and its answer back: over HTTP, or to something in this process that answers as Seam does.
//!
//! What an answer means is read in one place for both, so that what is tried without sockets holds with them.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Url, redirect};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::answer::{Form, RawAnswer};
use super::error::{CallError, CallErrorKind, SeamError};
use super::message::{clean, request_id};
use super::redact::Redactor;
use super::retry_after::{http_date, retry_after};
use super::settings::{Credentials, SeamSettings};

/// No answer of ours is larger; what is larger is not Seam.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("seam-request-id");
const WORKSPACE: HeaderName = HeaderName::from_static("seam-workspace");

/// The way to Seam.
pub(super) enum Transport {
    /// A server by its address.
    Http(Http),
    /// Something that is called.
    InProcess(Called),
}

impl Transport {
    /// Over the network.
    pub(super) fn http(settings: &SeamSettings) -> Result<Self, SeamError> {
        Ok(Self::Http(Http::new(settings)?))
    }

    /// By a call.
    pub(super) fn in_process(seam: InProcess, settings: &SeamSettings) -> Result<Self, SeamError> {
        Ok(Self::InProcess(Called {
            seam,
            headers: headers(&settings.credentials)?,
            timeout: settings.timeout,
            redactor: Redactor::new(&settings.credentials),
        }))
    }

    /// Sends one request and waits for the whole answer.
    pub(super) async fn exchange(&self, path: &'static str, body: &Value) -> Result<RawAnswer, CallError> {
        match self {
            Self::Http(http) => http.exchange(path, body).await,
            Self::InProcess(called) => called.exchange(path, body).await,
        }
    }
}

/// Over HTTP.
pub(super) struct Http {
    client: reqwest::Client,
    base_url: Url,
    redactor: Redactor,
}

impl Http {
    fn new(settings: &SeamSettings) -> Result<Self, SeamError> {
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
        let redactor = Redactor::new(&settings.credentials);
        Ok(Self { client: builder.build().map_err(SeamError::Client)?, base_url, redactor })
    }

    /// The address of a call; only its path is parsed each time.
    fn address(&self, path: &'static str) -> Url {
        let mut address = self.base_url.clone();
        let before = self.base_url.path().trim_end_matches('/');
        address.set_path(&format!("{before}{path}"));
        address
    }

    async fn exchange(&self, path: &'static str, body: &Value) -> Result<RawAnswer, CallError> {
        let failed = |error: reqwest::Error| transport_error(path, error, &self.redactor);
        let mut response = self.client.post(self.address(path)).json(body).send().await.map_err(failed)?;
        let mut raw = facts(response.status().as_u16(), response.headers(), &self.redactor);
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            take(path, &mut raw, &chunk)?;
        }
        raw.body = self.redactor.redacted(raw.body);
        Ok(raw)
    }
}

/// What is called instead of a server.
#[derive(Clone)]
pub struct InProcess {
    /// Answers a request, or says why there is no answer.
    pub answer: Arc<dyn Fn(Asked) -> Answering + Send + Sync>,
    /// How long calls that failed wait is drawn from this, so that the same run can be seen again.
    pub jitter_seed: u64,
}

/// An answer that is on its way.
pub type Answering = Pin<Box<dyn Future<Output = Result<Answered, NoAnswer>> + Send>>;

/// A request: a `POST` of JSON.
pub struct Asked {
    /// Where.
    pub path: &'static str,
    /// With the credentials.
    pub headers: HeaderMap,
    /// What.
    pub body: Vec<u8>,
}

/// An answer as it would come over the wire.
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nothing was sent.
    NotSent,
    /// The request may have arrived.
    Cut,
}

/// Calls it with what HTTP would add: the credentials, and the time after which nobody waits any more.
pub(super) struct Called {
    seam: InProcess,
    headers: HeaderMap,
    timeout: Duration,
    redactor: Redactor,
}

impl Called {
    async fn exchange(&self, path: &'static str, body: &Value) -> Result<RawAnswer, CallError> {
        let mut headers = self.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let asked = Asked { path, headers, body: body.to_string().into_bytes() };
        let answering = (self.seam.answer)(asked);
        let Answered { status, headers, body } = match tokio::time::timeout(self.timeout, answering).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(NoAnswer::NotSent)) => {
                return Err(CallError::new(path, CallErrorKind::Unreachable, "nothing was sent"));
            }
            Ok(Err(NoAnswer::Cut)) => {
                return Err(CallError::new(path, CallErrorKind::LostAnswer, "the connection was cut"));
            }
            Err(_) => return Err(CallError::new(path, CallErrorKind::LostAnswer, "operation timed out")),
        };
        let mut raw = facts(status, &headers, &self.redactor);
        take(path, &mut raw, &body)?;
        raw.body = self.redactor.redacted(raw.body);
        Ok(raw)
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InProcess").field("jitter_seed", &self.jitter_seed).finish_non_exhaustive()
    }
}

/// What the head of an answer says.
fn facts(status: u16, headers: &HeaderMap, redactor: &Redactor) -> RawAnswer {
    let header = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // The date form of Retry-After is meant by Seam's clock, not by ours.
    let date = header(&DATE).and_then(http_date);
    let now = date.unwrap_or_else(Timestamp::now);
    RawAnswer {
        status,
        form: header(&CONTENT_TYPE).map_or(Form::Unsaid, form),
        retry_after: header(&RETRY_AFTER).and_then(|value| retry_after(value, now)),
        date,
        request_id: header(&REQUEST_ID).map(|id| request_id(&redactor.redacted_text(id))),
        body: Vec::new(),
    }
}

fn form(content_type: &str) -> Form {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        Form::Json
    } else {
        Form::Other
    }
}

/// Takes a piece of the body.
fn take(path: &'static str, raw: &mut RawAnswer, piece: &[u8]) -> Result<(), CallError> {
    if raw.body.len() + piece.len() > MAX_BODY_BYTES {
        let message = format!("the answer is larger than {MAX_BODY_BYTES} bytes");
        let error = CallError::new(path, CallErrorKind::BadAnswer, message);
        return Err(CallError { status: Some(raw.status), request_id: raw.request_id.take(), ..error });
    }
    raw.body.extend_from_slice(piece);
    Ok(())
}

/// What a connection that failed means: whether anything can have been sent.
fn transport_error(path: &'static str, error: reqwest::Error, redactor: &Redactor) -> CallError {
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
    CallError::new(path, kind, clean(&redactor.redacted_text(&cause.to_string()), &[], &[]))
}

fn checked_base_url(base_url: &str) -> Result<Url, SeamError> {
    let wrong = |reason| SeamError::BaseUrl { base_url: clean(base_url, &[], &[]), reason };
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
}
