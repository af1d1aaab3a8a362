//! The sandbox on a port of the loopback interface, or without one: connections, faults of the wire, start and stop.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{Request as HttpRequest, Response as HttpResponse};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock::{RunningClock, SandboxClock};
use super::engine::{Credentials, Engine, EngineParts, Request, Response};
use super::exchange::{Counts, Exchange, Recording};
use super::faults::{Fault, FaultPlan};
use super::limits::Limits;
use super::persist::{Store, StoreError};
use super::planting::SeedError;
use super::seed::Seed;
use super::switches::Switches;

const MAX_BODY: usize = 16 << 20;

/// Where the first workspace comes from.
#[derive(Clone, Debug, Default)]
pub enum SeedSource {
    /// A workspace without anything in it.
    #[default]
    Empty,
    File(PathBuf),
    Document(Box<Seed>),
}

/// How a sandbox is started. What is `None` is taken from the seed, or else has its default.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Used only where there is no state yet; its switches, limits and faults count each time.
    pub seed: SeedSource,
    /// Where the workspace is kept; without it, in memory only.
    pub state: Option<PathBuf>,
    /// 0 takes a free port.
    pub port: u16,
    pub clock: SandboxClock,
    pub switches: Option<Switches>,
    pub limits: Option<Limits>,
    pub faults: Option<FaultPlan>,
    pub api_key: String,
    pub personal_access_token: String,
    pub recording: Recording,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            seed: SeedSource::Empty,
            state: None,
            port: 0,
            clock: SandboxClock::Real,
            switches: None,
            limits: None,
            faults: None,
            api_key: "seam_testsand_box000000000000000000000".into(),
            personal_access_token: "seam_at1sandbox_000000000000000000000".into(),
            recording: Recording::Off,
        }
    }
}

/// Why a sandbox did not start or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("read the seed `{}`", path.display())]
    ReadSeed { path: PathBuf, source: std::io::Error },
    #[error("understand the seed `{}`", path.display())]
    ParseSeed { path: PathBuf, source: serde_json::Error },
    #[error("build the workspace from its seed")]
    Seed(#[source] SeedError),
    #[error("keep the workspace in its state file")]
    State(#[from] StoreError),
    #[error("listen on port {port} of the loopback interface")]
    Listen { port: u16, source: std::io::Error },
}

/// A running sandbox. Dropping it stops it; [`Sandbox::stop`] also waits for the calls in flight.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    endpoint: String,
    api_key: String,
    personal_access_token: String,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Shared {
    engine: Mutex<Engine>,
}

/// The connection is to end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
pub struct Cut;

/// A sandbox that only lacks its address.
struct Prepared {
    parts: EngineParts,
    api_key: String,
    personal_access_token: String,
}

impl Prepared {
    async fn of(options: SandboxOptions) -> Result<Self, SandboxError> {
        let seed = read_seed(options.seed).await?;
        let switches = options.switches.or_else(|| seed.switches.clone()).unwrap_or_default();
        let limits = options.limits.or(seed.limits).unwrap_or_default();
        let faults = options.faults.or_else(|| seed.faults.clone()).unwrap_or_default();
        let clock = RunningClock::start(options.clock);
        let plant = || seed.plant(&switches, clock.now()).map_err(SandboxError::Seed);
        let (store, state) = match &options.state {
            None => (None, plant()?),
            Some(path) => {
                let (store, state) = Store::open(path, plant)?;
                (Some(store), state)
            }
        };
        let (api_key, personal_access_token) = (options.api_key, options.personal_access_token);
        let credentials =
            Credentials { api_key: api_key.clone(), personal_access_token: personal_access_token.clone() };
        let (endpoint, recording) = (String::new(), options.recording);
        let parts =
            EngineParts { state, store, switches, limits, faults, clock, credentials, endpoint, recording };
        Ok(Self { parts, api_key, personal_access_token })
    }

    fn sandbox(self, endpoint: String) -> Sandbox {
        let Self { parts, api_key, personal_access_token } = self;
        let engine = Engine::new(EngineParts { endpoint: endpoint.clone(), ..parts });
        let shared = Arc::new(Shared { engine: Mutex::new(engine) });
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        Sandbox { shared, endpoint, api_key, personal_access_token, cancel, tasks }
    }
}

impl Sandbox {
    /// Starts to serve.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let port = options.port;
        let prepared = Prepared::of(options).await?;
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .await
            .map_err(|source| SandboxError::Listen { port, source })?;
        let address = listener.local_addr().map_err(|source| SandboxError::Listen { port, source })?;
        let sandbox = prepared.sandbox(format!("http://{address}"));
        let (shared, cancel, tasks) =
            (Arc::clone(&sandbox.shared), sandbox.cancel.clone(), sandbox.tasks.clone());
        sandbox.tasks.spawn(accept(listener, shared, cancel, tasks));
        Ok(sandbox)
    }

    /// The same without a port: it answers whoever holds it, by [`Sandbox::answer`], and waits by tokio's clock alone.
    pub async fn in_process(options: SandboxOptions) -> Result<Self, SandboxError> {
        Ok(Prepared::of(options).await?.sandbox("http://sandbox.invalid".to_owned()))
    }

    /// Answers one request as the port would, with the trouble that is due. The future needs nothing but itself, as a
    /// call that is on its way needs nobody who waits for it.
    pub fn answer(
        &self,
        request: HttpRequest<Bytes>,
    ) -> impl Future<Output = Result<HttpResponse<Body>, Cut>> + Send + use<> {
        let (parts, body) = request.into_parts();
        answer(Arc::clone(&self.shared), parts, body)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Good together with the header `seam-workspace`.
    pub fn personal_access_token(&self) -> &str {
        &self.personal_access_token
    }

    /// Identities and grants by their keys, sorted: the same workspace always gives the same value.
    pub fn snapshot(&self) -> Value {
        self.shared.engine().snapshot()
    }

    /// What went over the wire, in order of arrival; empty unless it was to be recorded.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.engine().exchanges().to_vec()
    }

    pub fn counts(&self) -> Counts {
        self.shared.engine().counts().clone()
    }

    /// Sets the clock, which ticks on from there.
    pub fn set_now(&self, now: Timestamp) {
        self.shared.engine().set_clock(SandboxClock::StartingAt(now));
    }

    pub fn set_faults(&self, faults: FaultPlan) {
        self.shared.engine().set_faults(faults);
    }

    pub fn set_switches(&self, switches: Switches) {
        self.shared.engine().set_switches(switches);
    }

    pub fn set_limits(&self, limits: Limits) {
        self.shared.engine().set_limits(limits);
    }

    /// Finishes the calls in flight and stops.
    pub async fn stop(self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.shared.engine().compact();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.tasks.close();
    }
}

impl Shared {
    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().expect("no call panics while it holds the engine")
    }
}

async fn read_seed(source: SeedSource) -> Result<Seed, SandboxError> {
    match source {
        SeedSource::Empty => Ok(Seed::default()),
        SeedSource::Document(seed) => Ok(*seed),
        SeedSource::File(path) => {
            let text = match tokio::fs::read(&path).await {
                Ok(text) => text,
                Err(source) => return Err(SandboxError::ReadSeed { path, source }),
            };
            serde_json::from_slice(&text).map_err(|source| SandboxError::ParseSeed { path, source })
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, cancel: CancellationToken, tasks: TaskTracker) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tasks.spawn(serve_connection(stream, Arc::clone(&shared), cancel.clone()));
                }
                // Out of descriptors, most likely: the connections that are open must end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>, cancel: CancellationToken) {
    // Small answers must not wait for the acknowledgement of the last one.
    let _best_effort = stream.set_nodelay(true);
    let service = service_fn(move |request| serve(Arc::clone(&shared), request));
    let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = cancel.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Callers go away and faults cut connections: neither is news.
    drop(ended);
}

async fn serve(shared: Arc<Shared>, request: HttpRequest<Incoming>) -> Result<HttpResponse<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY).await.map_err(|_| Cut)?;
    answer(shared, parts, body).await
}

async fn answer(shared: Arc<Shared>, parts: Parts, body: Bytes) -> Result<HttpResponse<Body>, Cut> {
    let headers: BTreeMap<String, String> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        headers,
        body: body.to_vec(),
    };
    let (fault, latency_ms) = {
        let mut engine = shared.engine();
        (engine.draw_fault(&request.path), engine.fault_plan().latency_ms)
    };
    if fault == Some(Fault::Latency) {
        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
    }
    let response = shared.engine().answer(&request, fault);
    match fault {
        Some(Fault::CutBefore | Fault::CutAfter) => Err(Cut),
        Some(Fault::TruncatedJson) => Ok(http(&response, Body::from(first_half(&response.body)))),
        Some(Fault::CutBody) => {
            let half = Ok::<_, std::io::Error>(Bytes::from(first_half(&response.body)));
            let end = Err(std::io::Error::other(Cut));
            Ok(http(&response, Body::from_stream(futures_util::stream::iter([half, end]))))
        }
        _ => Ok(http(&response, Body::from(response.body.clone()))),
    }
}

fn http(response: &Response, body: Body) -> HttpResponse<Body> {
    let mut builder =
        HttpResponse::builder().status(response.status).header("seam-request-id", &response.request_id);
    if let Some(content_type) = response.content_type {
        builder = builder.header("content-type", content_type);
    }
    if let Some(retry_after) = &response.retry_after {
        builder = builder.header("retry-after", retry_after);
    }
    builder.body(body).expect("status and headers are valid")
}

fn first_half(body: &str) -> String {
    let mut middle = body.len() / 2;
    while !body.is_char_boundary(middle) {
        middle -= 1;
    }
    body[..middle].to_owned()
}
