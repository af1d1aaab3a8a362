//! The next turn of a call that failed: whoever plans the calls says when it may be sent again.
//!
//! A repetition counts against the same limits as the first attempt, so it must not come by itself when its wait is
//! over. It is asked for here, and waits until it is given.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::error::CallErrorKind;
use super::retry::Next;
use crate::plan::StepId;

/// Asks for the turns of one step.
#[derive(Debug, Clone)]
pub struct Turns {
    step: StepId,
    asked: mpsc::UnboundedSender<TurnAsked>,
}

/// A step that wants to be sent again. Whoever drops it ends the call.
#[derive(Debug)]
pub struct TurnAsked {
    /// Which.
    pub step: StepId,
    /// What went wrong.
    pub kind: CallErrorKind,
    /// Not before so much time has passed.
    pub wait: Duration,
    /// Sent to when it may go.
    pub grant: oneshot::Sender<()>,
}

impl Turns {
    /// The turns of a step, asked for at the other end of the channel.
    pub fn of(step: StepId, asked: mpsc::UnboundedSender<TurnAsked>) -> Self {
        Self { step, asked }
    }

    /// Waits for the next turn, unless the run is told to stop.
    pub(super) async fn next(&self, kind: CallErrorKind, wait: Duration, cancel: &CancellationToken) -> Next {
        let (grant, granted) = oneshot::channel();
        if self.asked.send(TurnAsked { step: self.step, kind, wait, grant }).is_err() {
            return Next::Cancelled;
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => Next::Cancelled,
            granted = granted => if granted.is_ok() { Next::Go } else { Next::Cancelled },
        }
    }
}
