//! A model of what Seam refuses, small enough to try a plan on before it is sent.
//!
//! The rules are those of SEAM.md §6: keys are unique, windows end in the future, reservation keys need a door that
//! knows reservations, their first grant fixes the doors, their windows overlap, and only what exists can be changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::pieces::is_subset;
use super::step::{Call, IdentityTarget, Patch, StepId};
use crate::mapping::Directory;
use crate::model::{
    AccessGrantId, AccessGrantKey, AccessMethodId, DoorRef, Inventory, MethodSet, SeamReservationKey,
    SharedSet, SpaceId, UserIdentityId, UserIdentityKey, Window,
};

/// Why Seam would refuse a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// A key that is taken.
    #[error("the key `{0}` is in use")]
    KeyInUse(String),
    /// A contact that is taken.
    #[error("the {0} of `{1}` is in use")]
    ContactInUse(&'static str, UserIdentityKey),
    /// A grant, method or identity that does not exist.
    #[error("there is no `{0}`")]
    NotFound(String),
    /// A window that is over, or ends before it starts.
    #[error("the window of `{0}` does not end in the future and after its start")]
    BadWindow(AccessGrantKey),
    /// A reservation key without a door that knows reservations.
    #[error("no door of `{0}` can belong to a reservation, but a reservation key is sent")]
    ReservationKeyNotSupported(AccessGrantKey),
    /// A door that knows reservations without a reservation key.
    #[error("doors of `{0}` belong to reservations, but no reservation key is sent")]
    ReservationKeyMissing(AccessGrantKey),
    /// Other doors under a key in use.
    #[error("the doors of `{0}` are not among those of the reservation `{1}`")]
    OtherDoors(AccessGrantKey, SeamReservationKey),
    /// Windows that do not overlap under one key.
    #[error("the window of `{0}` does not overlap all others of the reservation `{1}`")]
    WindowsApart(AccessGrantKey, SeamReservationKey),
    /// A grant without a method or without a space.
    #[error("the grant `{0}` has no space or no method")]
    Empty(AccessGrantKey),
}

/// A grant of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelGrant {
    /// Its key.
    pub key: Option<AccessGrantKey>,
    /// Whose it is; `None` where a step of the same plan makes the identity.
    pub identity: Option<UserIdentityId>,
    /// What joins it to others.
    pub reservation_key: Option<SeamReservationKey>,
    /// Its spaces.
    pub spaces: SharedSet<SpaceId>,
    /// Its doors that know reservations, sorted.
    pub capable: Vec<DoorRef>,
    /// Its window.
    pub window: Window,
    /// Its methods.
    pub methods: MethodSet,
}

/// A workspace, as far as the rules need it.
#[derive(Debug, Clone)]
pub struct World<'a> {
    directory: &'a Directory,
    now: Timestamp,
    /// The grants by id; new ones are called `new:KEY`.
    pub grants: BTreeMap<AccessGrantId, ModelGrant>,
    keys: BTreeSet<AccessGrantKey>,
    reservations: BTreeMap<SeamReservationKey, Vec<DoorRef>>,
    members: BTreeMap<SeamReservationKey, BTreeSet<AccessGrantId>>,
    access_methods: BTreeSet<AccessMethodId>,
    identities: BTreeMap<UserIdentityKey, Option<UserIdentityId>>,
    emails: BTreeMap<String, UserIdentityKey>,
    phones: BTreeMap<String, UserIdentityKey>,
    made: BTreeMap<StepId, UserIdentityKey>,
}

impl<'a> World<'a> {
    /// The workspace as it was read.
    pub fn of(inventory: &Inventory, directory: &'a Directory, now: Timestamp) -> Self {
        let mut world = Self {
            directory,
            now,
            grants: BTreeMap::new(),
            keys: inventory.grants.iter().filter_map(|grant| grant.key.clone()).collect(),
            reservations: BTreeMap::new(),
            members: BTreeMap::new(),
            access_methods: inventory.grants.iter().flat_map(|g| g.access_methods.iter().cloned()).collect(),
            identities: BTreeMap::new(),
            emails: BTreeMap::new(),
            phones: BTreeMap::new(),
            made: BTreeMap::new(),
        };
        for identity in &inventory.identities {
            let name = identity.key.clone().unwrap_or_else(|| UserIdentityKey::new(identity.id.to_string()));
            if let Some(email) = &identity.email {
                world.emails.insert(email.folded().into_owned(), name.clone());
            }
            if let Some(phone) = &identity.phone {
                world.phones.insert(phone.to_string(), name.clone());
            }
            world.identities.insert(name, Some(identity.id.clone()));
        }
        for grant in inventory.grants.iter().filter(|grant| grant.is_live(now)) {
            let capable = world.capable(&grant.spaces);
            world.insert(
                grant.id.clone(),
                ModelGrant {
                    key: grant.key.clone(),
                    identity: Some(grant.identity.clone()),
                    reservation_key: grant.reservation_key.clone(),
                    spaces: grant.spaces.clone(),
                    capable,
                    window: grant.window,
                    methods: grant.methods(),
                },
            );
        }
        world
    }

    /// Carries a call out, or says why Seam would not.
    pub fn apply(&mut self, step: StepId, call: &Call) -> Result<(), Breach> {
        match call {
            Call::CreateIdentity { key, full_name: _, email, phone } => {
                if self.identities.contains_key(key) {
                    return Err(Breach::KeyInUse(key.to_string()));
                }
                self.identities.insert(key.clone(), None);
                self.made.insert(step, key.clone());
                self.take_contacts(
                    key,
                    email.as_ref().map(|email| email.folded().into_owned()),
                    phone.as_ref().map(ToString::to_string),
                )
            }
            Call::UpdateIdentity { id, key, full_name: _, email, phone } => {
                if !self.identities.values().flatten().any(|existing| existing == id) {
                    return Err(Breach::NotFound(id.to_string()));
                }
                if *email != Patch::Keep {
                    self.emails.retain(|_, owner| owner != key);
                }
                if *phone != Patch::Keep {
                    self.phones.retain(|_, owner| owner != key);
                }
                let email =
                    if let Patch::Set(email) = email { Some(email.folded().into_owned()) } else { None };
                let phone = if let Patch::Set(phone) = phone { Some(phone.to_string()) } else { None };
                self.take_contacts(key, email, phone)
            }
            Call::CreateGrant {
                key,
                identity,
                reservation_key,
                spaces,
                window,
                methods,
                code: _,
                name: _,
            } => {
                let identity = match identity {
                    IdentityTarget::Known(id) => Some(id.clone()),
                    IdentityTarget::MadeBy(step) if self.made.contains_key(step) => None,
                    IdentityTarget::MadeBy(_) => return Err(Breach::NotFound("identity".to_owned())),
                };
                let grant = ModelGrant {
                    key: Some(key.clone()),
                    identity,
                    reservation_key: reservation_key.clone(),
                    capable: self.capable(spaces),
                    spaces: spaces.clone(),
                    window: *window,
                    methods: *methods,
                };
                self.create(key, grant)
            }
            Call::UpdateGrant { id, key, window } => self.update(id, key, *window),
            Call::TakeOverGrant { id, key } => self.take_over(id, key),
            Call::DeleteGrant { id, key } => self.delete(id, key),
            Call::AddMethods { id, key, methods } => {
                let grant = self.grants.get_mut(id).ok_or_else(|| Breach::NotFound(key.to_string()))?;
                grant.methods.extend(methods);
                Ok(())
            }
            Call::RestoreMethods { key, methods: _ } if self.keys.contains(key) => Ok(()),
            Call::RestoreMethods { key, methods: _ } => Err(Breach::NotFound(key.to_string())),
            Call::DeleteMethod { id, key } => {
                if self.access_methods.remove(id) {
                    Ok(())
                } else {
                    Err(Breach::NotFound(key.to_string()))
                }
            }
        }
    }

    fn take_contacts(
        &mut self,
        key: &UserIdentityKey,
        email: Option<String>,
        phone: Option<String>,
    ) -> Result<(), Breach> {
        if let Some(email) = email {
            if self.emails.get(&email).is_some_and(|owner| owner != key) {
                return Err(Breach::ContactInUse("email", key.clone()));
            }
            self.emails.insert(email, key.clone());
        }
        if let Some(phone) = phone {
            if self.phones.get(&phone).is_some_and(|owner| owner != key) {
                return Err(Breach::ContactInUse("phone", key.clone()));
            }
            self.phones.insert(phone, key.clone());
        }
        Ok(())
    }

    fn create(&mut self, key: &AccessGrantKey, grant: ModelGrant) -> Result<(), Breach> {
        if self.keys.contains(key) {
            return Err(Breach::KeyInUse(key.to_string()));
        }
        if grant.spaces.is_empty() || grant.methods.is_empty() {
            return Err(Breach::Empty(key.clone()));
        }
        self.check_window(key, &grant.window)?;
        match (&grant.reservation_key, grant.capable.is_empty()) {
            (Some(_), true) => return Err(Breach::ReservationKeyNotSupported(key.clone())),
            (None, false) => return Err(Breach::ReservationKeyMissing(key.clone())),
            (Some(reservation_key), false) => {
                if let Some(doors) = self.reservations.get(reservation_key)
                    && !is_subset(&grant.capable, doors)
                {
                    return Err(Breach::OtherDoors(key.clone(), reservation_key.clone()));
                }
                self.check_overlap(key, reservation_key, None, &grant.window)?;
            }
            (None, true) => {}
        }
        self.keys.insert(key.clone());
        self.insert(AccessGrantId::new(format!("new:{key}")), grant);
        Ok(())
    }

    fn update(&mut self, id: &AccessGrantId, key: &AccessGrantKey, window: Window) -> Result<(), Breach> {
        self.check_window(key, &window)?;
        let grant = self.grants.get(id).ok_or_else(|| Breach::NotFound(key.to_string()))?;
        if let Some(reservation_key) = grant.reservation_key.clone() {
            self.check_overlap(key, &reservation_key, Some(id), &window)?;
        }
        if let Some(grant) = self.grants.get_mut(id) {
            grant.window = window;
        }
        Ok(())
    }

    fn take_over(&mut self, id: &AccessGrantId, key: &AccessGrantKey) -> Result<(), Breach> {
        let grant = self.grants.get_mut(id).ok_or_else(|| Breach::NotFound(key.to_string()))?;
        if !self.keys.insert(key.clone()) {
            return Err(Breach::KeyInUse(key.to_string()));
        }
        grant.key = Some(key.clone());
        Ok(())
    }

    fn delete(&mut self, id: &AccessGrantId, key: &AccessGrantKey) -> Result<(), Breach> {
        let grant = self.grants.remove(id).ok_or_else(|| Breach::NotFound(key.to_string()))?;
        if let Some(reservation_key) = grant.reservation_key
            && let Some(members) = self.members.get_mut(&reservation_key)
        {
            members.remove(id);
            if members.is_empty() {
                self.members.remove(&reservation_key);
                self.reservations.remove(&reservation_key);
            }
        }
        Ok(())
    }

    fn check_window(&self, key: &AccessGrantKey, window: &Window) -> Result<(), Breach> {
        let good = window.ends_at.is_none_or(|end| end > self.now && end > window.starts_at);
        if good { Ok(()) } else { Err(Breach::BadWindow(key.clone())) }
    }

    fn check_overlap(
        &self,
        key: &AccessGrantKey,
        reservation_key: &SeamReservationKey,
        except: Option<&AccessGrantId>,
        window: &Window,
    ) -> Result<(), Breach> {
        let apart = self.members.get(reservation_key).into_iter().flatten().any(|id| {
            Some(id) != except && self.grants.get(id).is_some_and(|other| !other.window.overlaps(window))
        });
        if apart { Err(Breach::WindowsApart(key.clone(), reservation_key.clone())) } else { Ok(()) }
    }

    fn insert(&mut self, id: AccessGrantId, grant: ModelGrant) {
        if let Some(reservation_key) = &grant.reservation_key {
            self.members.entry(reservation_key.clone()).or_default().insert(id.clone());
            let doors = self.reservations.entry(reservation_key.clone()).or_default();
            doors.extend(&grant.capable);
            doors.sort_unstable();
            doors.dedup();
        }
        self.grants.insert(id, grant);
    }

    fn capable(&self, spaces: &SharedSet<SpaceId>) -> Vec<DoorRef> {
        let spaces: Vec<_> = spaces.iter().filter_map(|space| self.directory.by_id(space)).collect();
        self.directory.capable_of(&spaces)
    }
}
