//! What a run changed, taken back: each reservation that it touched as it was before, from the lines of its report.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::item::{Action, GrantView, Item};
use super::outline::Plan;
use crate::mapping::{PinGround, Pinned, said};
use crate::model::{
    AccessGrantKey, GrantKeyParts, LiveGrant, Pin, PinnedGrant, Problem, ProblemCode, ReasonCode,
    Reservation, ReservationId, RunId, SharedSet, SourcePlace, SpaceKey, Window, shell_word,
};

/// A run that is to be undone.
#[derive(Debug, Clone, PartialEq)]
pub struct Undone {
    /// Which.
    pub run_id: RunId,
    /// Its lines.
    pub items: Vec<Item>,
    /// The grants that it deleted.
    pub deleted: BTreeSet<AccessGrantKey>,
}

/// A pin for each reservation that can be taken back, and a problem for each that cannot.
pub fn undo(undone: &Undone, ground: &PinGround<'_>) -> (Vec<Pin>, Vec<Problem>) {
    let mut lines: BTreeMap<&ReservationId, Vec<&Item>> = BTreeMap::new();
    for item in undone.items.iter().filter(|item| !matches!(item.action, Action::Hold | Action::None)) {
        lines.entry(&item.reservation).or_default().push(item);
    }
    let rows: HashMap<&ReservationId, &Reservation> =
        ground.reservations.iter().map(|reservation| (&reservation.id, reservation)).collect();
    let mut live: HashMap<ReservationId, Vec<(GrantKeyParts, &LiveGrant)>> = HashMap::new();
    for grant in ground.inventory.grants.iter().filter(|grant| grant.is_live(ground.now)) {
        if let Some(parts) = grant.key.as_ref().and_then(|key| GrantKeyParts::parse(ground.namespace, key)) {
            let id = ReservationId { property: parts.property.clone(), key: parts.reservation.clone() };
            live.entry(id).or_default().push((parts, grant));
        }
    }
    let (mut pins, mut problems) = (Vec::new(), Vec::new());
    for (id, lines) in lines {
        let live = live.get(id).map(Vec::as_slice).unwrap_or_default();
        match before(id, &lines, live, undone, ground) {
            Ok(grants) => pins.push(Pin {
                property: id.property.clone(),
                reservation_key: id.key.clone(),
                run_id: undone.run_id.clone(),
                source: said(rows.get(id).copied()),
                grants,
            }),
            Err(why) => problems.push(Problem {
                source: lines.iter().find_map(|line| line.source.clone()).unwrap_or_else(|| SourcePlace {
                    container: format!("run {}", undone.run_id).into(),
                    row: 0,
                }),
                column: "",
                code: ProblemCode::Pinned,
                message: format!("reservation {id} is left as it is: {why}"),
                hint: format!(
                    "look at it with `reservation-sync explain {}`; change the booking where it is wrong",
                    explained(id)
                ),
            }),
        }
    }
    (pins, problems)
}

/// The words that name a reservation to `explain`.
fn explained(id: &ReservationId) -> String {
    let key = shell_word(id.key.as_str());
    match id.property.as_str() {
        "" => key.into_owned(),
        property => format!("{key} --property {}", shell_word(property)),
    }
}

/// The grants of a reservation before the run, or why they are not known.
fn before(
    id: &ReservationId,
    lines: &[&Item],
    live: &[(GrantKeyParts, &LiveGrant)],
    undone: &Undone,
    ground: &PinGround<'_>,
) -> Result<Vec<PinnedGrant>, &'static str> {
    let of_view = |view: &GrantView| view.access_grant_key.clone();
    let befores: BTreeSet<AccessGrantKey> =
        lines.iter().filter_map(|line| of_view(line.before.as_deref()?)).collect();
    let afters: BTreeSet<AccessGrantKey> =
        lines.iter().filter_map(|line| of_view(line.after.as_deref()?)).collect();
    let deleted = undone.deleted.iter().filter(|key| {
        let parts = GrantKeyParts::parse(ground.namespace, key);
        parts.is_some_and(|parts| parts.is_of(id))
    });
    if deleted.into_iter().any(|key| !befores.contains(key)) {
        return Err("the run deleted a grant of it of which no more than the key is on record");
    }
    let by_key: HashMap<&AccessGrantKey, &LiveGrant> =
        live.iter().filter_map(|(_, grant)| Some((grant.key.as_ref()?, *grant))).collect();
    let stands = |view: &GrantView| {
        let grant = view.access_grant_key.as_ref().and_then(|key| by_key.get(key));
        grant.is_some_and(|grant| is_as_shown(grant, view, ground))
    };
    let is_gone = |view: Option<&GrantView>| {
        view.and_then(|view| view.access_grant_key.as_ref()).is_none_or(|key| !by_key.contains_key(key))
    };
    for line in lines {
        let (old, new) = (line.before.as_deref(), line.after.as_deref());
        let is_after = match (old, new) {
            (Some(old), Some(new)) if old.access_grant_key == new.access_grant_key => stands(new),
            (_, Some(new)) => stands(new) && is_gone(old),
            (old, None) => is_gone(old),
        };
        let is_before = match (old, new) {
            (Some(old), Some(new)) if old.access_grant_key != new.access_grant_key => {
                stands(old) && is_gone(Some(new))
            }
            (Some(old), _) => stands(old),
            (None, new) => is_gone(new),
        };
        // A replacement that was broken off leaves its guest outside; that is taken back too.
        let is_neither = line.action == Action::Replace && is_gone(old) && is_gone(new);
        if !is_after && !is_before && !is_neither {
            return Err("it was changed since that run");
        }
    }
    let mut grants = Vec::new();
    for view in lines.iter().filter_map(|line| line.before.as_deref()) {
        let guest = view.user_identity_key.as_ref().and_then(|key| ground.namespace.guest_of(key));
        grants.push(PinnedGrant {
            guest: guest.ok_or("the person of a grant was not one of ours")?,
            full_name: view.full_name.clone(),
            space_keys: view.space_keys.clone(),
            window: Window { starts_at: view.starts_at, ends_at: view.ends_at },
            methods: view.methods,
        });
    }
    for (parts, grant) in live {
        let is_untouched =
            grant.key.as_ref().is_some_and(|key| !befores.contains(key) && !afters.contains(key));
        if is_untouched {
            grants.push(PinnedGrant {
                guest: parts.guest.clone(),
                full_name: None,
                space_keys: keys_of(grant, ground),
                window: grant.window,
                methods: grant.methods(),
            });
        }
    }
    Ok(grants)
}

fn keys_of(grant: &LiveGrant, ground: &PinGround<'_>) -> SharedSet<SpaceKey> {
    let key = |id| match ground.directory.by_id(id) {
        Some(space) => ground.directory.space(space).key.clone(),
        None => SpaceKey::from(id),
    };
    grant.spaces.iter().map(key).collect()
}

fn is_as_shown(grant: &LiveGrant, view: &GrantView, ground: &PinGround<'_>) -> bool {
    let window = Window { starts_at: view.starts_at, ends_at: view.ends_at };
    keys_of(grant, ground) == view.space_keys
        && grant.window.same_from(&window, ground.now)
        && grant.methods() == view.methods
}

/// Says on each line of a pinned reservation that it is one.
pub fn tell_pinned(plan: &mut Plan, pinned: &Pinned) {
    for item in &mut plan.items {
        let Some(pin) = pinned.holding.get(&item.reservation) else { continue };
        if item.action != Action::Hold {
            item.reason_code = ReasonCode::RolledBack;
            item.reason = match item.action {
                Action::Create => format!("as it was before run {}, but with another code", pin.run_id),
                _ => format!("as it was before run {}", pin.run_id),
            }
            .into();
        }
    }
}
