//! What runs did, and who may write: the record beside the truth, which is Seam.
//!
//! Losing the store loses history, never correctness. It holds keys, times and outcomes; never an e-mail address,
//! a telephone number, a code or an API key. Whatever it says was recorded is committed when it says so.

mod absences;
mod address;
mod database;
mod error;
mod facts;
mod holder;
mod identity;
mod lease;
mod lease_row;
mod ledger;
mod migrations;
mod moves;
mod open;
mod pins;
mod postgres;
mod recorder;
mod retention;
mod run;
mod settings;
mod sqlite;
mod statement;
mod step;
mod trips;
mod unlock;

pub use address::{AddressError, StoreAddress};
pub use error::StoreError;
pub use holder::{Holder, Liveness};
pub use lease::{Lease, LeaseError};
pub use open::Store;
pub use recorder::{LedgerChange, RecordError, Recorder, StepOutcome, StepRecord};
pub use run::{Finish, NewRun, ReadRecord, RunError, RunSelector, SourceAge};
pub use settings::StoreSettings;
pub use step::UnfinishedStep;
pub use unlock::{Fate, FoundLock};
