//! Ids that Seam has shown before: what is new and what is not cannot be told from one answer alone.

use std::sync::Mutex;

use hashbrown::HashSet;

use crate::model::{AccessGrantId, Inventory, UserIdentityId};

/// Identities and grants that stood in a list, or that this client made.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Ids>);

#[derive(Debug, Default)]
struct Ids {
    identities: HashSet<UserIdentityId>,
    grants: HashSet<AccessGrantId>,
}

impl Known {
    /// Remembers all that was listed.
    pub(super) fn list(&self, inventory: &Inventory) {
        let mut ids = self.0.lock().expect("nobody panics while holding the ids");
        ids.identities.extend(inventory.identities.iter().map(|identity| identity.id.clone()));
        ids.identities.extend(inventory.grants.iter().map(|grant| grant.identity.clone()));
        ids.grants.extend(inventory.grants.iter().map(|grant| grant.id.clone()));
    }

    /// Remembers an identity; whether it was known. Answers and grants that name nobody have nobody in common.
    pub(super) fn identity(&self, id: &UserIdentityId) -> bool {
        *id != UserIdentityId::new("")
            && !self.0.lock().expect("nobody panics while holding the ids").identities.insert(id.clone())
    }

    /// Remembers a grant; whether it was known.
    pub(super) fn grant(&self, id: &AccessGrantId) -> bool {
        !self.0.lock().expect("nobody panics while holding the ids").grants.insert(id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_known_from_the_second_time_on_and_nobody_never() {
        let known = Known::default();
        for (id, expected) in [("i1", [false, true]), ("i2", [false, true]), ("", [false, false])] {
            let id = UserIdentityId::new(id);
            assert_eq!([known.identity(&id), known.identity(&id)], expected, "{id}");
        }
    }
}
