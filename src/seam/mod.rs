//! The edge to Seam: a hand-written, typed client of the calls this program needs.
//!
//! Two halves of different types share one client. A [`SeamReader`] can only look; a [`SeamWriter`] exists only
//! for somebody who shows a checked plan. Every request is a `POST` of JSON, counts against the one limiter of the
//! workspace, and is judged by one function, [`verdict`]. Keys, headers and bodies are never logged, and nothing that Seam repeats of
//! a guest reaches a message.

mod answer;
mod attempt;
mod calls;
mod client;
mod clock;
mod deed;
mod error;
mod inventory;
mod known;
mod lookup;
mod message;
mod pace;
mod reader;
mod redact;
mod retry;
mod retry_after;
mod settings;
mod transport;
mod wire;
mod writer;

pub use attempt::{Judged, Try};
pub use calls::Calls;
pub use error::{CallError, CallErrorKind, Effect, Refusal, ReservationRule, SeamError};
pub use reader::SeamReader;
pub use retry::{Delays, Safety, Verdict, is_unavailability, verdict};
pub use settings::{Credentials, SeamSettings};
pub use transport::{Answered, Answering, Asked, InProcess, NoAnswer};
pub use writer::{Attempted, How, Made, Receipt, Retries, SeamWriter, Watch};
