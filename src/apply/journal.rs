//! The record and the right to write, as carrying out a plan needs them: intent before a call, outcome after it, and
//! nothing begun without enough of the lease left.

use std::time::Duration;

use crate::store::{Lease, LeaseError, RecordError, Recorder, StepOutcome, StepRecord};

/// Where intents and outcomes go while a lease holds.
pub trait Journal: Sync {
    /// Records that a call is about to be sent; fails where the lease no longer holds.
    fn intent(&self, record: StepRecord) -> impl Future<Output = Result<(), RecordError>> + Send;

    /// Records how a call ended.
    fn outcome(
        &self,
        record: StepRecord,
        outcome: StepOutcome,
    ) -> impl Future<Output = Result<(), RecordError>> + Send;

    /// How long the lease holds without another renewal.
    fn remaining(&self) -> Duration;

    /// Renews the lease now.
    fn renew(&self) -> impl Future<Output = Result<(), LeaseError>> + Send;

    /// Waits until less than that is left of the lease.
    fn runs_short(&self, left: Duration) -> impl Future<Output = ()> + Send;
}

/// The journal in the store.
#[derive(Debug, Clone, Copy)]
pub struct StoreJournal<'a> {
    /// The record.
    pub recorder: &'a Recorder,
    /// The right to write.
    pub lease: &'a Lease,
}

impl Journal for StoreJournal<'_> {
    async fn intent(&self, record: StepRecord) -> Result<(), RecordError> {
        self.recorder.intent(self.lease, record).await
    }

    async fn outcome(&self, record: StepRecord, outcome: StepOutcome) -> Result<(), RecordError> {
        self.recorder.outcome(record, outcome).await
    }

    fn remaining(&self) -> Duration {
        self.lease.remaining()
    }

    async fn renew(&self) -> Result<(), LeaseError> {
        self.lease.renew().await
    }

    async fn runs_short(&self, left: Duration) {
        self.lease.runs_short(left).await;
    }
}
