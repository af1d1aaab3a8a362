//! Answers calls one after another: authentication, verb, limits, parameters, rules, in the order of the real API.
//!
//! It knows nothing of sockets and never waits; the server around it does both.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::call::{self, Call, Edit};
use super::clock::{RunningClock, SandboxClock};
use super::envelope::{Refusal, Reply, Throttle};
use super::exchange::{Counts, Exchange, Recording};
use super::faults::{Fault, FaultDraw, FaultPlan};
use super::issuance;
use super::limits::{Limiter, Limits};
use super::persist::{Store, StoreError};
use super::routes;
use super::snapshot;
use super::state::State;
use super::switches::{Switches, ThrottledBody};

/// Who may call.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) api_key: String,
    pub(crate) personal_access_token: String,
}

/// A call as it came in.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An answer as it goes out.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) request_id: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: String,
}

#[derive(Debug)]
pub(crate) struct Engine {
    state: State,
    store: Option<Store>,
    switches: Switches,
    limiter: Limiter,
    faults: FaultDraw,
    clock: RunningClock,
    credentials: Credentials,
    endpoint: String,
    n_requests: u64,
    counts: Counts,
    recording: Recording,
    exchanges: Vec<Exchange>,
}

/// What an engine is made of.
#[derive(Debug)]
pub(crate) struct EngineParts {
    pub(crate) state: State,
    /// Where the state is kept, if it is.
    pub(crate) store: Option<Store>,
    pub(crate) switches: Switches,
    pub(crate) limits: Limits,
    pub(crate) faults: FaultPlan,
    pub(crate) clock: RunningClock,
    pub(crate) credentials: Credentials,
    pub(crate) endpoint: String,
    pub(crate) recording: Recording,
}

const JSON: &str = "application/json; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

impl Engine {
    pub(crate) fn new(parts: EngineParts) -> Self {
        let EngineParts { state, store, switches, limits, faults, clock, credentials, endpoint, recording } =
            parts;
        Self {
            state,
            store,
            switches,
            limiter: Limiter::new(limits),
            faults: FaultDraw::new(faults),
            clock,
            credentials,
            endpoint,
            n_requests: 0,
            counts: Counts::default(),
            recording,
            exchanges: Vec::new(),
        }
    }

    /// The fault that the next call of this path meets.
    pub(crate) fn draw_fault(&mut self, path: &str) -> Option<Fault> {
        self.faults.draw(path)
    }

    pub(crate) fn fault_plan(&self) -> &FaultPlan {
        self.faults.plan()
    }

    pub(crate) fn set_faults(&mut self, plan: FaultPlan) {
        self.faults = FaultDraw::new(plan);
    }

    pub(crate) fn set_switches(&mut self, switches: Switches) {
        self.switches = switches;
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limiter = Limiter::new(limits);
    }

    pub(crate) fn set_clock(&mut self, clock: SandboxClock) {
        self.clock = RunningClock::start(clock);
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The workspace as it is now, the work of other processes included.
    pub(crate) fn snapshot(&mut self) -> Value {
        if let Some(store) = &mut self.store
            && let Err(error) = store.begin(&mut self.state)
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the snapshot is of an earlier state");
        }
        snapshot::snapshot(&self.state)
    }

    /// Makes the files small, where there are files. They are complete without that.
    pub(crate) fn compact(&mut self) {
        if let Some(store) = &mut self.store
            && let Err(error) = store.compact(&mut self.state)
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "the sandbox's journal stays long");
        }
    }

    /// Answers a call. A fault that leaves no effect takes the place of the answer; one that does spoils it,
    /// which is the server's part.
    pub(crate) fn answer(&mut self, request: &Request, fault: Option<Fault>) -> Response {
        self.n_requests += 1;
        let request_id = format!("request-{:08}", self.n_requests);
        let body = parse_body(request);
        let mut response = match fault.and_then(|fault| self.trouble_before(fault)) {
            Some(response) => response,
            None => match self.carry_out(request, &body) {
                Ok(reply) => Response {
                    status: 200,
                    content_type: Some(JSON),
                    request_id: String::new(),
                    retry_after: None,
                    body: reply.into_body(),
                },
                Err(refusal) => refused(&refusal),
            },
        };
        response.request_id = request_id;
        if let Some(spoilt) = fault.and_then(trouble_after) {
            response = Response { request_id: response.request_id, ..spoilt };
        }
        self.counts.note(&request.path, response.status, fault);
        if self.recording == Recording::On {
            self.exchanges.push(record(request, body.ok(), &response, fault));
        }
        response
    }

    fn carry_out(&mut self, request: &Request, body: &Result<Value, Refusal>) -> Result<Reply, Refusal> {
        let now = self.clock.now();
        self.authenticate(request)?;
        let route = routes::find(&request.path)
            .ok_or_else(|| Refusal::new(404, "not_found", format!("Path not found: {}", request.path)))?;
        if !routes::takes_verb(&request.path, &request.method) {
            return Err(Refusal::new(405, "method_not_allowed", "Method not allowed"));
        }
        self.limiter.admit_request(now).map_err(|wait| call::throttled(&self.switches, wait))?;
        let body = match body {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => return Err(Refusal::invalid_input("Expected object, received something else")),
            Err(refusal) => {
                let mut again = Refusal::new(refusal.status, refusal.kind.clone(), refusal.message.clone());
                again.validation_errors.clone_from(&refusal.validation_errors);
                return Err(again);
            }
        };
        self.run(route, &request.path, body, now)
    }

    fn run(
        &mut self,
        route: routes::Route,
        path: &str,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Reply, Refusal> {
        let held = match &mut self.store {
            None => None,
            Some(store) => Some(store.begin(&mut self.state).map_err(|error| not_kept(&error))?),
        };
        let mut edit = Edit { state: &mut self.state, changes: Vec::new(), switches: &self.switches, now };
        issuance::settle(&mut edit);
        let mut call = Call { edit, limiter: &mut self.limiter, path, endpoint: &self.endpoint, body };
        let answer = route(&mut call);
        let changes = call.edit.changes;
        if let (Some(store), Some(held)) = (&mut self.store, held) {
            store.commit(&held, &self.state, &changes).map_err(|error| not_kept(&error))?;
        }
        answer
    }

    fn authenticate(&self, request: &Request) -> Result<(), Refusal> {
        const NOTHING_APPLIES: &str = "No authentication methods succeeded";
        let header = request.headers.get("authorization");
        let Some(token) = header.and_then(|header| header.strip_prefix("Bearer ")) else {
            return Err(Refusal::unauthorized(NOTHING_APPLIES));
        };
        if token.starts_with("seam_at") {
            let Some(workspace_id) = request.headers.get("seam-workspace") else {
                return Err(Refusal::unauthorized(NOTHING_APPLIES));
            };
            if token != self.credentials.personal_access_token {
                return Err(Refusal::unauthorized("Access token not found"));
            }
            if *workspace_id != self.state.workspace.id.to_string() {
                return Err(Refusal::unauthorized("Workspace not found"));
            }
            return Ok(());
        }
        if token == self.credentials.api_key {
            Ok(())
        } else {
            Err(Refusal::unauthorized("API Key not found"))
        }
    }

    /// The answer of a fault that keeps the call from being carried out.
    fn trouble_before(&self, fault: Fault) -> Option<Response> {
        let response = |status, content_type, body: &str| Response {
            status,
            content_type,
            request_id: String::new(),
            retry_after: None,
            body: body.to_owned(),
        };
        match fault {
            Fault::Throttled => {
                let seconds = self.faults.plan().retry_after_seconds;
                let throttle = Throttle { retry_after: Some(seconds.to_string()), body: ThrottledBody::Json };
                Some(refused(&Refusal::throttled("Too many requests", throttle)))
            }
            Fault::ServerError => {
                Some(refused(&Refusal::new(500, "internal_server_error", "Internal server error")))
            }
            Fault::Refused => Some(refused(&Refusal::invalid_input("Refused on purpose"))),
            Fault::PlainText => Some(response(502, Some(PLAIN), "Bad Gateway")),
            Fault::EmptyBody | Fault::CutBefore => Some(response(503, None, "")),
            Fault::Latency
            | Fault::CutAfter
            | Fault::PlainTextAfter
            | Fault::EmptyBodyAfter
            | Fault::TruncatedJson
            | Fault::CutBody => None,
        }
    }
}

/// The answer of a fault that takes the place of what the call would have answered.
fn trouble_after(fault: Fault) -> Option<Response> {
    let (status, content_type, body) = match fault {
        Fault::PlainTextAfter => (502, Some(PLAIN), "Bad Gateway"),
        Fault::EmptyBodyAfter => (503, None, ""),
        _ => return None,
    };
    Some(Response {
        status,
        content_type,
        request_id: String::new(),
        retry_after: None,
        body: body.to_owned(),
    })
}

fn not_kept(error: &StoreError) -> Refusal {
    tracing::error!(error = error as &dyn std::error::Error, "the sandbox cannot keep its workspace");
    Refusal::new(500, "internal_server_error", "The workspace cannot be kept")
}

fn refused(refusal: &Refusal) -> Response {
    let body = refusal.body();
    Response {
        status: refusal.status,
        content_type: (!body.is_empty()).then_some(JSON),
        request_id: String::new(),
        retry_after: refusal.throttle.as_ref().and_then(|throttle| throttle.retry_after.clone()),
        body,
    }
}

/// The parameters: an empty body is an empty object, anything else must be declared as JSON.
fn parse_body(request: &Request) -> Result<Value, Refusal> {
    if request.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let content_type = request.headers.get("content-type").map(String::as_str).unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/json") {
        let message = "POST, PATCH and PUT requests must have Content-Type header with \"application/json\"";
        return Err(Refusal::new(400, "invalid_content_type", message));
    }
    serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::new(400, "invalid_input", "Error while parsing input"))
}

fn record(request: &Request, body: Option<Value>, response: &Response, fault: Option<Fault>) -> Exchange {
    let is_secret = |name: &str| matches!(name, "authorization" | "client-session-token");
    let headers = request.headers.iter().filter(|(name, _)| !is_secret(name));
    let mut response_headers = BTreeMap::from([("seam-request-id".to_owned(), response.request_id.clone())]);
    if let Some(content_type) = response.content_type {
        response_headers.insert("content-type".into(), content_type.into());
    }
    if let Some(retry_after) = &response.retry_after {
        response_headers.insert("retry-after".into(), retry_after.clone());
    }
    Exchange {
        method: request.method.clone(),
        path: request.path.clone(),
        request_headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
        request: body.filter(|_| !request.body.is_empty()).unwrap_or(Value::Null),
        status: response.status,
        response_headers,
        response: serde_json::from_str(&response.body).unwrap_or(Value::Null),
        fault,
    }
}
