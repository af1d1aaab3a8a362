//! What Seam held when a plan was made, as hashes, so that it is noticed where it holds something else by now.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::outline::Plan;
use super::step::{Call, IdentityTarget, Step};
use crate::model::{
    Fingerprint, GrantKeyParts, GrantState, Identity, Inventory, LiveGrant, Namespace, PropertyCode,
    ReservationId, ReservationKey, UserIdentityKey,
};

/// The grants of one reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldGrants {
    /// The property; empty where there is one.
    pub property: PropertyCode,
    /// The reservation in the source.
    pub reservation_key: ReservationKey,
    /// A hash of its grants of our namespace.
    pub held: Fingerprint,
}

/// One identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldIdentity {
    /// Which.
    pub key: UserIdentityKey,
    /// A hash of it; of nothing where there is none.
    pub held: Fingerprint,
}

/// What Seam holds of everything that a plan changes.
pub fn held(
    plan: &Plan,
    inventory: &Inventory,
    namespace: &Namespace,
) -> (Vec<HeldGrants>, Vec<HeldIdentity>) {
    let reservations: BTreeSet<&ReservationId> =
        plan.steps.iter().filter_map(|step| step.item).map(|item| &plan.item(item).reservation).collect();
    let mut grants: BTreeMap<ReservationId, Vec<&LiveGrant>> =
        reservations.into_iter().map(|id| (id.clone(), Vec::new())).collect();
    for grant in inventory.grants.iter().filter(|grant| grant.state == GrantState::Standing) {
        if let Some(parts) = grant.key.as_ref().and_then(|key| GrantKeyParts::parse(namespace, key)) {
            let id = ReservationId { property: parts.property, key: parts.reservation };
            if let Some(grants) = grants.get_mut(&id) {
                grants.push(grant);
            }
        }
    }
    let reservations = grants
        .into_iter()
        .map(|(ReservationId { property, key }, grants)| HeldGrants {
            property,
            reservation_key: key,
            held: of_grants(grants),
        })
        .collect();
    let keys = identities_of(plan);
    let by_key: BTreeMap<&UserIdentityKey, &Identity> = inventory
        .identities
        .iter()
        .flat_map(|identity| identity.key.iter().chain(&identity.merged_keys).map(move |key| (key, identity)))
        .collect();
    let identities = keys
        .into_iter()
        .map(|key| HeldIdentity { key: key.clone(), held: of_identity(by_key.get(key).copied()) })
        .collect();
    (reservations, identities)
}

/// The identities that a plan changes, or for which it makes grants.
fn identities_of(plan: &Plan) -> BTreeSet<&UserIdentityKey> {
    plan.steps.iter().filter_map(|step| identity_of(plan, step)).collect()
}

/// The identity that a step changes, makes, or makes a grant for.
pub(super) fn identity_of<'a>(plan: &'a Plan, step: &'a Step) -> Option<&'a UserIdentityKey> {
    if let Some((new, _)) = step.call.new_identity() {
        return Some(&new.key);
    }
    match &step.call {
        Call::UpdateIdentity { key, .. } => Some(key),
        Call::CreateGrant { identity: IdentityTarget::Known(_), .. } => {
            plan.item(step.item?).after.as_ref()?.user_identity_key.as_ref()
        }
        _ => None,
    }
}

/// Ended grants count too, so that one that ends in the meantime by itself changes nothing here. The access methods
/// do not: Seam makes them after the grant, and one that a call names is looked for where the calls are tried.
fn of_grants(mut grants: Vec<&LiveGrant>) -> Fingerprint {
    grants.sort_by(|left, right| left.id.cmp(&right.id));
    let facts: Vec<_> = grants
        .into_iter()
        .map(|grant| {
            let LiveGrant {
                id,
                key,
                identity,
                reservation_key,
                spaces,
                window,
                requested: _,
                access_methods: _,
                name,
                created_at: _,
                state: _,
            } = grant;
            (id, key, identity, reservation_key, spaces, window, grant.methods(), name)
        })
        .collect();
    fingerprint(&facts)
}

fn of_identity(identity: Option<&Identity>) -> Fingerprint {
    fingerprint(&identity.map(|identity| {
        let Identity { id, key, full_name, email, phone, merged_keys: _ } = identity;
        (id, key, full_name, email, phone)
    }))
}

fn fingerprint(facts: &impl Serialize) -> Fingerprint {
    let text = serde_json::to_vec(facts).expect("ids, texts and times can be written");
    Fingerprint(blake3::hash(&text).to_hex().to_string())
}
