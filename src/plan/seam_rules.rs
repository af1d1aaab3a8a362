//! A model of what Seam refuses, small enough to try a plan on before it is sent.
//!
//! The rules are those of SEAM.md §6: keys are unique, windows end in the future, reservation keys need a door that
//! knows reservations, their first grant fixes the doors, their windows overlap, and only what exists can be changed.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::matching::is_subset;
use super::step::{Call, IdentityTarget, Patch, StepId};
use crate::mapping::Directory;
use crate::model::{
    AccessGrantId, AccessGrantKey, AccessMethodId, DoorRef, EmailAddress, Inventory, MethodSet, PhoneNumber,
    SeamReservationKey, SharedSet, SpaceId, UserIdentityId, UserIdentityKey, Window,
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
    pub grants: HashMap<AccessGrantId, ModelGrant>,
    keys: HashSet<AccessGrantKey>,
    reservations: HashMap<SeamReservationKey, Sharers>,
    access_methods: HashSet<AccessMethodId>,
    identities: HashMap<UserIdentityKey, Contacts>,
    existing: HashSet<UserIdentityId>,
    emails: HashMap<String, UserIdentityKey>,
    phones: HashMap<PhoneNumber, UserIdentityKey>,
    made: HashSet<StepId>,
}

/// What shares one reservation key: the doors that its first grant fixed, and the grants.
#[derive(Debug, Clone, Default)]
struct Sharers {
    doors: Vec<DoorRef>,
    members: Vec<AccessGrantId>,
}

/// What one identity has.
#[derive(Debug, Clone, Default)]
struct Contacts {
    email: Option<EmailAddress>,
    phone: Option<PhoneNumber>,
}

impl<'a> World<'a> {
    /// The workspace as it was read.
    pub fn of(inventory: &Inventory, directory: &'a Directory, now: Timestamp) -> Self {
        let mut world = Self {
            directory,
            now,
            grants: HashMap::with_capacity(inventory.grants.len()),
            keys: inventory.grants.iter().filter_map(|grant| grant.key.clone()).collect(),
            reservations: HashMap::with_capacity(inventory.grants.len() / 2),
            access_methods: inventory.grants.iter().flat_map(|g| g.access_methods.iter().cloned()).collect(),
            identities: HashMap::with_capacity(inventory.identities.len()),
            existing: inventory.identities.iter().map(|identity| identity.id.clone()).collect(),
            emails: HashMap::with_capacity(inventory.identities.len()),
            phones: HashMap::with_capacity(inventory.identities.len()),
            made: HashSet::new(),
        };
        for identity in &inventory.identities {
            let name = identity.key.clone().unwrap_or_else(|| UserIdentityKey::new(identity.id.as_str()));
            if let Some(email) = &identity.email {
                world.emails.insert(email.folded(), name.clone());
            }
            if let Some(phone) = &identity.phone {
                world.phones.insert(phone.clone(), name.clone());
            }
            let contacts = Contacts { email: identity.email.clone(), phone: identity.phone.clone() };
            world.identities.insert(name, contacts);
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

    /// Makes room for what a plan will add.
    pub(super) fn reserve(&mut self, n_grants: usize, n_identities: usize) {
        self.grants.reserve(n_grants);
        self.keys.reserve(n_grants);
        self.reservations.reserve(n_grants / 2);
        self.identities.reserve(n_identities);
        self.emails.reserve(n_identities);
        self.phones.reserve(n_identities / 2);
        self.made.reserve(n_identities);
    }

    /// Carries a call out, or says why Seam would not.
    pub fn apply(&mut self, step: StepId, call: &Call) -> Result<(), Breach> {
        match call {
            Call::CreateIdentity { key, full_name: _, email, phone } => {
                if self.identities.contains_key(key) {
                    return Err(Breach::KeyInUse(key.to_string()));
                }
                self.made.insert(step);
                self.take_contacts(key, email.as_ref(), phone.as_ref())
            }
            Call::UpdateIdentity { id, key, full_name: _, email, phone } => {
                if !self.existing.contains(id) {
                    return Err(Breach::NotFound(id.to_string()));
                }
                let contacts = self.identities.entry(key.clone()).or_default();
                if *email != Patch::Keep
                    && let Some(email) = contacts.email.take()
                {
                    self.emails.remove(&email.folded());
                }
                if *phone != Patch::Keep
                    && let Some(phone) = contacts.phone.take()
                {
                    self.phones.remove(&phone);
                }
                let email = if let Patch::Set(email) = email { Some(email) } else { None };
                let phone = if let Patch::Set(phone) = phone { Some(phone) } else { None };
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
                    IdentityTarget::MadeBy(step) if self.made.contains(step) => None,
                    IdentityTarget::MadeBy(_) => return Err(Breach::NotFound("identity".to_owned())),
                };
                let grant = ModelGrant {
                    key: Some(key.clone()),
                    identity,
                    reservation_key: reservation_key.clone(),
                    capable: self.capable(spaces),
                    spaces: spaces.clone(),
                    window: *window,
                    methods: methods.clone(),
                };
                self.create(key, grant)
            }
            Call::UpdateGrant { id, key, window } => self.update(id, key, *window),
            Call::DeleteGrant { id, key } => self.delete(id, key),
            Call::AddMethods { id, key, methods } => {
                let grant = self.grants.get_mut(id).ok_or_else(|| Breach::NotFound(key.to_string()))?;
                grant.methods.extend(methods);
                Ok(())
            }
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
        email: Option<&EmailAddress>,
        phone: Option<&PhoneNumber>,
    ) -> Result<(), Breach> {
        let contacts = self.identities.entry(key.clone()).or_default();
        if let Some(email) = email {
            let folded = email.folded();
            if self.emails.get(&folded).is_some_and(|owner| owner != key) {
                return Err(Breach::ContactInUse("email", key.clone()));
            }
            self.emails.insert(folded, key.clone());
            contacts.email = Some(email.clone());
        }
        if let Some(phone) = phone {
            if self.phones.get(phone).is_some_and(|owner| owner != key) {
                return Err(Breach::ContactInUse("phone", key.clone()));
            }
            self.phones.insert(phone.clone(), key.clone());
            contacts.phone = Some(phone.clone());
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
                if let Some(sharers) = self.reservations.get(reservation_key)
                    && !is_subset(&grant.capable, &sharers.doors)
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
        if let Some(reservation_key) = grant.reservation_key.clone().filter(|_| !grant.capable.is_empty()) {
            self.check_overlap(key, &reservation_key, Some(id), &window)?;
        }
        if let Some(grant) = self.grants.get_mut(id) {
            grant.window = window;
        }
        Ok(())
    }

    fn delete(&mut self, id: &AccessGrantId, key: &AccessGrantKey) -> Result<(), Breach> {
        let grant = self.grants.remove(id).ok_or_else(|| Breach::NotFound(key.to_string()))?;
        if let Some(reservation_key) = grant.reservation_key
            && let Some(sharers) = self.reservations.get_mut(&reservation_key)
        {
            sharers.members.retain(|member| member != id);
            if sharers.members.is_empty() {
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
        let sharers = self.reservations.get(reservation_key);
        let apart = sharers.into_iter().flat_map(|sharers| &sharers.members).any(|id| {
            Some(id) != except && self.grants.get(id).is_some_and(|other| !other.window.overlaps(window))
        });
        if apart { Err(Breach::WindowsApart(key.clone(), reservation_key.clone())) } else { Ok(()) }
    }

    fn insert(&mut self, id: AccessGrantId, grant: ModelGrant) {
        if let Some(reservation_key) = &grant.reservation_key
            && !grant.capable.is_empty()
        {
            let Sharers { doors, members } = self.reservations.entry(reservation_key.clone()).or_default();
            members.push(id.clone());
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
