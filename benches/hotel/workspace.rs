//! The workspace of the hotel: half of the rooms with entrances that belong to reservations, half with smart locks, a
//! lobby that belongs to reservations and a gym that does not; and what a plan of new grants leaves there.

use jiff::Timestamp;
use reservation_sync::model::{
    AccessMethodId, Device, Entrance, GrantState, Identity, Inventory, LiveGrant, Method, RequestedMethod,
    SharedSet, Space, SpaceId, UserIdentityId, Workspace,
};
use reservation_sync::plan::{Call, IdentityTarget, NewIdentity, Plan};

use super::bookings::Size;
use super::rows::unit;

/// The workspace of a hotel with that many rows, without guests.
pub(crate) fn workspace(size: Size) -> Inventory {
    let mut inventory = Inventory {
        workspace: Workspace {
            id: "workspace".into(),
            name: "Large hotel".to_owned(),
            is_sandbox: true,
            is_suspended: false,
        },
        spaces: Vec::new(),
        entrances: Vec::new(),
        devices: Vec::new(),
        identities: Vec::new(),
        grants: Vec::new(),
    };
    for room in 0..size.n_rooms() + size.n_spare_rooms() {
        let key = format!("room-{}", unit(room));
        if room % 2 == 0 {
            add_entrance(&mut inventory, &key, true);
        } else {
            add_lock(&mut inventory, &key);
        }
    }
    add_entrance(&mut inventory, "lobby", true);
    add_entrance(&mut inventory, "gym", false);
    inventory
}

fn add_space(inventory: &mut Inventory, key: &str) -> SpaceId {
    let id = SpaceId::new(uuid(1, inventory.spaces.len()));
    inventory.spaces.push(Space { id: id.clone(), key: Some(key.into()), name: key.to_owned() });
    id
}

fn add_entrance(inventory: &mut Inventory, key: &str, can_belong_to_reservation: bool) {
    let space = add_space(inventory, key);
    inventory.entrances.push(Entrance {
        id: uuid(2, inventory.entrances.len()).as_str().into(),
        name: key.to_owned(),
        spaces: [space].into(),
        methods: [Method::Code, Method::Card].into(),
        can_belong_to_reservation,
    });
}

fn add_lock(inventory: &mut Inventory, key: &str) {
    let space = add_space(inventory, key);
    inventory.devices.push(Device {
        id: uuid(3, inventory.devices.len()).as_str().into(),
        name: key.to_owned(),
        spaces: [space].into(),
        methods: [Method::Code].into(),
        max_active_codes: None,
    });
}

/// Carries out a plan that was made against a workspace without guests: all it has is new.
pub(crate) fn carry_out(plan: &Plan, inventory: &mut Inventory, now: Timestamp) {
    let mut made: Vec<Option<UserIdentityId>> = vec![None; plan.steps.len()];
    for (number, step) in plan.steps.iter().enumerate() {
        match step.call.clone() {
            Call::CreateGrant { key, identity, reservation_key, spaces, window, methods, code: _, name } => {
                let identity = match identity {
                    IdentityTarget::Known(_) => panic!("nobody is known in a workspace without guests"),
                    IdentityTarget::New { made_by: Some(maker), .. } => {
                        made[maker.0 as usize].clone().expect("the plan was checked")
                    }
                    IdentityTarget::New { identity, made_by: None } => make_identity(*identity, inventory),
                };
                made[number] = Some(identity.clone());
                let number = inventory.grants.len();
                let access_methods: SharedSet<AccessMethodId> = [uuid(6, number).as_str().into()].into();
                inventory.grants.push(LiveGrant {
                    id: uuid(5, number).as_str().into(),
                    key: Some(key),
                    identity,
                    reservation_key,
                    spaces,
                    window,
                    requested: methods
                        .iter()
                        .map(|method| RequestedMethod {
                            method: Some(*method),
                            access_methods: access_methods.clone(),
                        })
                        .collect(),
                    access_methods,
                    name: Some(name),
                    created_at: now,
                    state: GrantState::Standing,
                });
            }
            other => panic!("a workspace without guests only gains, but there is {}", other.path()),
        }
    }
}

fn make_identity(new: NewIdentity, inventory: &mut Inventory) -> UserIdentityId {
    let NewIdentity { key, full_name, email, phone } = new;
    let id = UserIdentityId::new(uuid(4, inventory.identities.len()));
    let merged_keys = [].into();
    inventory.identities.push(Identity {
        id: id.clone(),
        key: Some(key),
        full_name,
        email,
        phone,
        merged_keys,
    });
    id
}

/// An id as long as those of Seam.
fn uuid(kind: u8, number: usize) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}
