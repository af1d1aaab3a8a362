//! How many requests were sent, counted as they are sent.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::retry::Safety;

/// The requests of a run; `reads + writes` is all that was sent, repetitions included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calls {
    /// Requests that only ask.
    pub reads: u64,
    /// Requests that change something.
    pub writes: u64,
    /// How often a call waited and was taken up again.
    pub retries: u64,
    /// Answers that asked for a slower pace.
    pub throttled: u64,
}

/// Counts while many calls are in flight.
#[derive(Debug, Default)]
pub(super) struct Counters {
    reads: AtomicU64,
    writes: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
}

impl Counters {
    pub(super) fn sent(&self, safety: Safety) {
        let counter = match safety {
            Safety::Read => &self.reads,
            Safety::Create | Safety::Update | Safety::Delete => &self.writes,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Calls {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Calls {
            reads: count(&self.reads),
            writes: count(&self.writes),
            retries: count(&self.retries),
            throttled: count(&self.throttled),
        }
    }
}
