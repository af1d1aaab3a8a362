//! Access grants as Seam holds them.

use std::fmt;

use ecow::EcoString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::method_set::MethodSet;
use super::name::{AccessGrantKey, SeamReservationKey};
use super::seam_id::{AccessGrantId, AccessMethodId, SpaceId, UserIdentityId};
use super::shared_set::SharedSet;
use super::time::Window;

/// A way to open a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A plastic card.
    Card,
    /// A key that Seam's cloud turns.
    CloudKey,
    /// A PIN.
    Code,
    /// A key in a telephone.
    MobileKey,
}

impl Method {
    /// All of them, sorted by name.
    pub const ALL: [Self; 4] = [Self::Card, Self::CloudKey, Self::Code, Self::MobileKey];

    /// The word that the configuration and Seam use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::CloudKey => "cloud_key",
            Self::Code => "code",
            Self::MobileKey => "mobile_key",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A method that was asked for, and the access methods it became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedMethod {
    /// Which; `None` for a mode this program does not know.
    pub method: Option<Method>,
    /// What Seam made of it.
    pub access_methods: SharedSet<AccessMethodId>,
}

/// One code, card or key of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessMethod {
    /// Seam's id.
    pub id: AccessMethodId,
    /// Which kind; `None` for a mode this program does not know.
    pub method: Option<Method>,
    /// Whether the guest can use it.
    pub is_issued: bool,
}

/// Whether a grant still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantState {
    /// It does.
    Standing,
    /// It does, and somebody else made it: it has no key of ours until it is taken over (SEAM.md §6.3).
    Unmanaged,
    /// Seam is taking it down.
    BeingDeleted,
}

/// A grant as Seam lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveGrant {
    /// Seam's id, the only thing a grant can be deleted by.
    pub id: AccessGrantId,
    /// The key its owner gave.
    pub key: Option<AccessGrantKey>,
    /// Whose it is.
    pub identity: UserIdentityId,
    /// What joins it to other grants of a stay.
    pub reservation_key: Option<SeamReservationKey>,
    /// The spaces it opens. Doors that a grant names one by one are not listed by Seam.
    pub spaces: SharedSet<SpaceId>,
    /// When.
    pub window: Window,
    /// What was asked for; one method, most often.
    pub requested: SmallVec<[RequestedMethod; 1]>,
    /// The access methods that exist.
    pub access_methods: SharedSet<AccessMethodId>,
    /// Its label.
    pub name: Option<EcoString>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it still counts.
    pub state: GrantState,
}

impl LiveGrant {
    /// Whether the grant can still open a door: not ended and not being deleted (RULES, "Live").
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state != GrantState::BeingDeleted && !self.window.ended(now)
    }

    /// The methods the grant really has: asked for, and either still being made or not taken away since.
    pub fn methods(&self) -> MethodSet {
        self.requested
            .iter()
            .filter(|requested| {
                requested.access_methods.is_empty()
                    || requested.access_methods.iter().any(|id| self.access_methods.contains(id))
            })
            .filter_map(|requested| requested.method)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;

    fn requested(method: Method, ids: &[&str]) -> RequestedMethod {
        RequestedMethod {
            method: Some(method),
            access_methods: ids.iter().map(AccessMethodId::new).collect(),
        }
    }

    #[test]
    fn a_method_that_was_deleted_no_longer_counts_and_one_being_made_does() {
        let grant = LiveGrant {
            id: "g".into(),
            key: None,
            identity: "i".into(),
            reservation_key: None,
            spaces: SharedSet::new(),
            window: Window { starts_at: Timestamp::UNIX_EPOCH, ends_at: None },
            requested: smallvec![
                requested(Method::Code, &["m1"]),
                requested(Method::Card, &["m2"]),
                requested(Method::MobileKey, &[]),
            ],
            access_methods: ["m1".into()].into(),
            name: None,
            created_at: Timestamp::UNIX_EPOCH,
            state: GrantState::Standing,
        };
        assert_eq!(grant.methods(), [Method::Code, Method::MobileKey].into());
    }
}
