//! A plan that was saved to be reviewed: its calls, and everything by which it is told whether they still fit.
//!
//! The lines that people read stand beside it in the same file and are the lines that are carried out. Contacts of
//! guests are part of the calls, because what was reviewed is what must be sent; a wished PIN never is (RULES 8).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::held::{HeldGrants, HeldIdentity};
use super::learnt::Learnt;
use super::matter::Matter;
use super::rings::Ring;
use super::step::Step;
use crate::model::{Door, Namespace, Pin, Wanted};

/// The part of a plan file that machines read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// Whose grants it changes.
    pub namespace: Namespace,
    /// The hash of the configuration that decided it.
    pub config: String,
    /// The store beside which it was decided.
    pub store: String,
    /// When it was made, by the clock.
    pub created_at: Timestamp,
    /// The instant for which it was decided.
    pub now: Timestamp,
    /// What Seam held of each reservation that it changes, by reservation.
    pub reservations: Vec<HeldGrants>,
    /// What Seam held of each identity that it needs, by key.
    pub identities: Vec<HeldIdentity>,
    /// The doors that steps refer to.
    pub doors: Vec<Door>,
    /// The calls, in their order.
    pub steps: Vec<Step>,
    /// For each line what is to be remembered of its grant.
    pub wanted: Vec<Option<Wanted>>,
    /// What the next plan must know once this one was begun.
    pub learnt: Learnt,
    /// What is to be kept until the source changes: only where a run is undone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// Guests who exchange units, and how each call for it is taken back (RULES 29).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rings: Vec<Ring>,
    /// What needs a person where a change of the reservations named is not carried out (RULES 16).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when_undone: Vec<Matter>,
    /// A hash of what is to be carried out, so that a file that was cut or edited is not.
    pub checksum: String,
}
