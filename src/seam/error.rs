//! What can go wrong with a call, sorted by what to do about it.
//!
//! An error says which call failed and what Seam said, cleaned. It never holds what we sent.

use std::fmt;
use std::time::Duration;

/// A rule for grants on doors that belong to reservations (SEAM.md §6.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReservationRule {
    /// A reservation key where no door belongs to reservations.
    KeyNotSupported,
    /// No reservation key where a door needs one.
    KeyRequired,
    /// Other doors than the reservation has, while grants of it exist.
    EntranceChange,
    /// A joiner with more doors than the reservation.
    JoinerDoors,
    /// Windows of one reservation that do not overlap.
    WindowsMustOverlap,
}

/// Why Seam says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The request is not valid.
    Validation,
    /// Something that exists stands in the way.
    Conflict,
    /// It was done for another person than was sent, and taken back, unless the effect is unknown.
    AnotherPerson,
    /// What the request names does not exist.
    NotFound,
    /// A rule of reservations.
    ReservationRule(ReservationRule),
}

/// What went wrong; [`verdict`](super::verdict) decides from this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// Seam understood and says no; nothing was changed.
    Refused(Refusal),
    /// Seam does not know the key.
    Unauthorized,
    /// Seam knows the key and does not let it.
    Forbidden,
    /// Too fast; nothing was changed.
    Throttled {
        /// How long Seam wants us to wait at least.
        retry_after: Option<Duration>,
    },
    /// Seam has trouble of its own; a write may have taken effect.
    Unavailable {
        /// How long Seam wants us to wait at least.
        retry_after: Option<Duration>,
    },
    /// The request may have arrived, the answer did not, or not whole; a write may have taken effect.
    LostAnswer,
    /// No connection; nothing was sent.
    Unreachable,
    /// An answer that makes no sense; a write may have taken effect.
    BadAnswer,
    /// An entry of a list belongs to another workspace than the key.
    OtherWorkspace,
    /// The run was told to stop before anything was sent.
    Cancelled,
}

impl fmt::Display for CallErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Refused(Refusal::Validation) => "refused as invalid",
            Self::Refused(Refusal::Conflict) => "refused because of a conflict",
            Self::Refused(Refusal::AnotherPerson) => "done for another person, and taken back",
            Self::Refused(Refusal::NotFound) => "not found",
            Self::Refused(Refusal::ReservationRule(rule)) => match rule {
                ReservationRule::KeyNotSupported => "refused: no door takes a reservation key",
                ReservationRule::KeyRequired => "refused: a door needs a reservation key",
                ReservationRule::EntranceChange => "refused: the reservation has other doors",
                ReservationRule::JoinerDoors => "refused: a joiner has more doors than the reservation",
                ReservationRule::WindowsMustOverlap => "refused: windows of the reservation do not overlap",
            },
            Self::Unauthorized => "key refused",
            Self::Forbidden => "permission refused",
            Self::Throttled { .. } => "Seam asked for a slower pace",
            Self::Unavailable { .. } => "Seam has trouble of its own",
            Self::LostAnswer => "answer lost",
            Self::Unreachable => "Seam cannot be reached",
            Self::BadAnswer => "answer not understood",
            Self::OtherWorkspace => "of another workspace",
            Self::Cancelled => "stopped before it was sent",
        })
    }
}

/// What a failed call left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: Seam is as before.
    None,
    /// Nobody knows: the next run will see.
    Unknown,
}

/// A call that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CallError {
    /// The path of the call.
    pub path: &'static str,
    /// What went wrong.
    pub kind: CallErrorKind,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// Seam's name for the request, for its support.
    pub request_id: Option<String>,
    /// What Seam or the network said: one short line without control characters or anything we sent of a guest.
    pub message: String,
    /// Whether Seam may be changed nevertheless.
    pub effect: Effect,
    /// How often it was tried.
    pub n_attempts: u32,
}

impl CallError {
    /// An error without an answer behind it.
    pub(super) fn new(path: &'static str, kind: CallErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { path, kind, status: None, request_id: None, message, effect: Effect::None, n_attempts: 1 }
    }

    /// The next step for a person.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            CallErrorKind::Refused(Refusal::Validation) => {
                "compare the reservation with what Seam says; the next run tries again"
            }
            CallErrorKind::Refused(Refusal::Conflict) => {
                "look at what holds this key or contact in Seam, or let the next run decide anew"
            }
            CallErrorKind::Refused(Refusal::AnotherPerson) => {
                "look in Seam who has the key or a contact of this guest, and who can open the door"
            }
            CallErrorKind::Refused(Refusal::NotFound) => {
                "it changed in Seam since it was read; the next run decides anew"
            }
            CallErrorKind::Refused(Refusal::ReservationRule(_)) => {
                "grants of this reservation changed in Seam since it was read; the next run decides anew"
            }
            CallErrorKind::Unauthorized => {
                "check the API key or token, and that it belongs to this workspace"
            }
            CallErrorKind::Forbidden => "give the key or token permission for this call in the Seam console",
            CallErrorKind::Throttled { .. } => "lower `seam.requests_per_second`, or raise `seam.patience`",
            CallErrorKind::Unavailable { .. } | CallErrorKind::LostAnswer => {
                "run again later; what took effect meanwhile is recognised by its key"
            }
            CallErrorKind::Unreachable => "check `seam.endpoint`, the network and the proxy, then run again",
            CallErrorKind::BadAnswer => {
                "check that `seam.endpoint` is Seam and not a proxy's page; else report the request id to Seam"
            }
            CallErrorKind::OtherWorkspace => {
                "nothing was written; see with `reservation-sync check --online` which workspace the key is for, and \
                 that no proxy mixes answers up"
            }
            CallErrorKind::Cancelled => "run again",
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, kind, status, request_id, message, effect: _, n_attempts } = self;
        write!(formatter, "call {path}: {kind}")?;
        if !message.is_empty() {
            write!(formatter, ": {message}")?;
        }
        let mut facts = Vec::new();
        if let Some(status) = status {
            facts.push(format!("status {status}"));
        }
        if let Some(request_id) = request_id {
            facts.push(format!("request {request_id}"));
        }
        if *n_attempts > 1 {
            facts.push(format!("{n_attempts} attempts"));
        }
        if !facts.is_empty() {
            write!(formatter, " ({})", facts.join(", "))?;
        }
        Ok(())
    }
}

/// Why Seam could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SeamError {
    /// The address cannot be used.
    #[error("use `{base_url}` as the address of Seam: {reason}")]
    BaseUrl {
        /// The address.
        base_url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key cannot be sent.
    #[error("use the Seam key: it holds characters that cannot be sent")]
    Credentials,
    /// The HTTP client cannot be built.
    #[error("build the HTTP client")]
    Client(#[source] reqwest::Error),
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}
