//! The edge to Seam: a hand-written, typed client of the calls this program needs.
//!
//! Two halves of different types share one client. A [`SeamReader`] can only look; a [`SeamWriter`] exists only
//! for somebody who shows a checked plan. Every request is a `POST` of JSON, pays for its place in the pace, and is
//! judged by one function, [`verdict`]. Keys, headers and bodies are never logged, and nothing that Seam repeats of
//! a guest reaches a message.

mod answer;
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
mod turn;
mod wire;
mod writer;

pub use calls::Calls;
pub use error::{CallError, CallErrorKind, Effect, Refusal, ReservationRule, SeamError};
pub use reader::SeamReader;
pub use retry::{Delays, Safety, Verdict, verdict};
pub use settings::{Credentials, SeamSettings};
pub use transport::{Answered, Answering, Asked, InProcess, NoAnswer};
pub use turn::{TurnAsked, Turns};
pub use writer::{How, Made, Receipt, SeamWriter, Watch};
