//! A model of what Seam refuses, small enough to try a plan on before it is sent.
//!
//! The rules are those of SEAM.md §6: keys are unique, windows end in the future, reservation keys need a door that
//! knows reservations, their first grant fixes the doors, their windows overlap, and only what exists can be changed.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use smallvec::SmallVec;

use super::index::Index;
use super::pieces::is_subset;
use super::step::{Call, IdentityTarget, NewIdentity, StepId};
use crate::mapping::{Directory, DoorRefs};
use crate::model::{
    AccessGrantId, AccessGrantKey, AccessMethodId, EmailAddress, Identity, LiveGrant, MethodSet, PhoneNumber,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelGrant<'a> {
    /// Its id; `None` where the plan makes it.
    pub id: Option<&'a AccessGrantId>,
    /// Its key.
    pub key: Option<&'a AccessGrantKey>,
    /// Whose it is; `None` where the same plan makes the identity.
    pub identity: Option<&'a UserIdentityId>,
    /// What joins it to others.
    pub reservation_key: Option<&'a SeamReservationKey>,
    /// Its spaces.
    pub spaces: &'a SharedSet<SpaceId>,
    /// Its window.
    pub window: Window,
    /// Its methods.
    pub methods: MethodSet,
}

impl<'a> ModelGrant<'a> {
    fn listed(grant: &'a LiveGrant) -> Self {
        Self {
            id: Some(&grant.id),
            key: grant.key.as_ref(),
            identity: Some(&grant.identity),
            reservation_key: grant.reservation_key.as_ref(),
            spaces: &grant.spaces,
            window: grant.window,
            methods: grant.methods(),
        }
    }

    /// The grant that a call makes.
    fn made(call: &'a Call) -> Option<Self> {
        let Call::CreateGrant { key, identity, reservation_key, spaces, window, methods, .. } = call else {
            return None;
        };
        let identity = match identity {
            IdentityTarget::Known(id) => Some(id),
            IdentityTarget::New { .. } => None,
        };
        let (reservation_key, window, methods) = (reservation_key.as_ref(), *window, *methods);
        Some(Self { id: None, key: Some(key), identity, reservation_key, spaces, window, methods })
    }
}

/// A workspace, as far as the rules need it: what Seam listed, and beside it what calls changed.
#[derive(Debug, Clone)]
pub struct World<'a> {
    directory: &'a Directory,
    now: Timestamp,
    index: &'a Index<'a>,
    /// What became of listed grants; `None` of those that are gone.
    changed: HashMap<&'a AccessGrantId, Option<ModelGrant<'a>>>,
    /// The calls that made grants.
    made: HashMap<&'a AccessGrantKey, &'a Call>,
    /// Keys that grants without one were given.
    taken_over: HashMap<&'a AccessGrantKey, &'a AccessGrantId>,
    /// What was made for a reservation.
    joined: HashMap<&'a SeamReservationKey, SmallVec<[&'a AccessGrantKey; 2]>>,
    /// Doors of grants that are gone, while others of their reservation stand: they are still its doors.
    left_doors: HashMap<&'a SeamReservationKey, DoorRefs>,
    deleted_methods: HashSet<&'a AccessMethodId>,
    /// The steps that made identities.
    makers: HashMap<&'a UserIdentityKey, StepId>,
    /// Who has a contact since a call gave it to them or took it from them.
    emails: HashMap<Cow<'a, str>, Owner<'a>>,
    phones: HashMap<&'a PhoneNumber, Owner<'a>>,
    /// What people have now whom a call changed.
    contacts: HashMap<&'a UserIdentityKey, Contacts<'a>>,
}

#[derive(Debug, Clone, Copy)]
struct Contacts<'a> {
    email: Option<&'a EmailAddress>,
    phone: Option<&'a PhoneNumber>,
}

/// Whose a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner<'a> {
    Nobody,
    Ours(&'a UserIdentityKey),
    /// Somebody without a key.
    Foreign,
}

impl<'a> Owner<'a> {
    fn listed(identity: Option<&'a Identity>) -> Self {
        match identity {
            None => Self::Nobody,
            Some(identity) => identity.key.as_ref().map_or(Self::Foreign, Self::Ours),
        }
    }
}

impl<'a> World<'a> {
    /// The workspace as it was read.
    pub fn of(index: &'a Index<'a>, directory: &'a Directory, now: Timestamp) -> Self {
        Self {
            directory,
            now,
            index,
            changed: HashMap::new(),
            made: HashMap::new(),
            taken_over: HashMap::new(),
            joined: HashMap::new(),
            left_doors: HashMap::new(),
            deleted_methods: HashSet::new(),
            makers: HashMap::new(),
            emails: HashMap::new(),
            phones: HashMap::new(),
            contacts: HashMap::new(),
        }
    }

    /// The grants that stand.
    pub fn grants(&self) -> impl Iterator<Item = ModelGrant<'a>> {
        let listed = self.index.grants().iter().filter_map(|grant| self.standing(grant));
        listed.chain(self.made.values().filter_map(|call| ModelGrant::made(call)))
    }

    /// The grant that Seam lists under an id, if it still stands.
    pub fn grant(&self, id: &AccessGrantId) -> Option<ModelGrant<'a>> {
        self.standing(self.index.grant(id)?)
    }

    /// The grant that has a key, if it still stands.
    pub fn grant_of_key(&self, key: &AccessGrantKey) -> Option<ModelGrant<'a>> {
        if let Some(call) = self.made.get(key) {
            return ModelGrant::made(call);
        }
        match self.taken_over.get(key) {
            Some(id) => self.grant(id),
            None => self.standing(self.index.grant_of_key(key, self.now)?),
        }
    }

    fn standing(&self, grant: &'a LiveGrant) -> Option<ModelGrant<'a>> {
        match self.changed.get(&grant.id) {
            Some(changed) => *changed,
            None => grant.is_live(self.now).then(|| ModelGrant::listed(grant)),
        }
    }

    /// The grants of a reservation that stand, each with its id where Seam lists it.
    fn members(
        &self,
        key: &SeamReservationKey,
    ) -> impl Iterator<Item = (Option<&'a AccessGrantId>, ModelGrant<'a>)> {
        let listed = self.index.grants_of_reservation(key);
        let made = self.joined.get(key).into_iter().flatten().filter_map(|key| self.made.get(*key));
        listed
            .filter_map(|grant| Some((Some(&grant.id), self.standing(grant)?)))
            .chain(made.filter_map(|call| Some((None, ModelGrant::made(call)?))))
    }

    /// Whether a key was ever given; those of grants that are over are not free again.
    fn is_key_in_use(&self, key: &AccessGrantKey) -> bool {
        self.made.contains_key(key)
            || self.taken_over.contains_key(key)
            || self.index.grant_of_key(key, self.now).is_some()
    }

    /// Carries a call out, or says why Seam would not.
    pub fn apply(&mut self, step: StepId, call: &'a Call) -> Result<(), Breach> {
        match call {
            Call::CreateIdentity(identity) => self.make_identity(step, identity, None),
            Call::UpdateIdentity { id, key, full_name: _, email, phone } => {
                let listed = self.index.identity(id).ok_or_else(|| Breach::NotFound(id.to_string()))?;
                let listed = Contacts { email: listed.email.as_ref(), phone: listed.phone.as_ref() };
                let had = self.contacts.get(key).copied().unwrap_or(listed);
                let has = Contacts { email: email.applied_to(had.email), phone: phone.applied_to(had.phone) };
                self.give_up_contacts(key, had, has);
                self.contacts.insert(key, has);
                self.take_contacts(key, Contacts { email: email.set(), phone: phone.set() })
            }
            Call::CreateGrant { key, identity, .. } => {
                self.create(key, call)?;
                match identity {
                    IdentityTarget::Known(_) => Ok(()),
                    IdentityTarget::New { identity, made_by } => self.make_identity(step, identity, *made_by),
                }
            }
            Call::UpdateGrant { id, key, window } => self.update(id, key, *window),
            Call::TakeOverGrant { id, key } => self.take_over(id, key),
            Call::DeleteGrant { id, key } => self.delete(id, key),
            Call::AddMethods { id, key, methods } => {
                let mut grant = self.existing(id, key)?;
                grant.methods.extend(methods);
                self.changed.insert(id, Some(grant));
                Ok(())
            }
            Call::RestoreMethods { key, methods: _ } if self.is_key_in_use(key) => Ok(()),
            Call::RestoreMethods { key, methods: _ } => Err(Breach::NotFound(key.to_string())),
            Call::DeleteMethod { id, key } => {
                let of_grant = self.index.grant_of_key(key, self.now);
                let exists = of_grant.is_some_and(|grant| grant.access_methods.contains(id));
                if exists && self.deleted_methods.insert(id) {
                    Ok(())
                } else {
                    Err(Breach::NotFound(key.to_string()))
                }
            }
        }
    }

    /// Makes an identity, unless the step that makes it before this one did.
    fn make_identity(
        &mut self,
        step: StepId,
        identity: &'a NewIdentity,
        made_by: Option<StepId>,
    ) -> Result<(), Breach> {
        let NewIdentity { key, full_name: _, email, phone } = identity;
        match (self.makers.get(key), made_by) {
            (Some(_), Some(_)) => return Ok(()),
            (Some(_), None) => return Err(Breach::KeyInUse(key.to_string())),
            (None, _) if self.index.identity_of_key(key).is_some() => {
                return Err(Breach::KeyInUse(key.to_string()));
            }
            (None, _) => {}
        }
        self.makers.insert(key, step);
        self.take_contacts(key, Contacts { email: email.as_ref(), phone: phone.as_ref() })
    }

    /// What somebody no longer has is free for others.
    fn give_up_contacts(&mut self, key: &'a UserIdentityKey, had: Contacts<'a>, has: Contacts<'a>) {
        if let Some(email) = had.email.filter(|email| Some(*email) != has.email)
            && self.owner_of_email(email) == Owner::Ours(key)
        {
            self.emails.insert(email.folded(), Owner::Nobody);
        }
        if let Some(phone) = had.phone.filter(|phone| Some(*phone) != has.phone)
            && self.owner_of_phone(phone) == Owner::Ours(key)
        {
            self.phones.insert(phone, Owner::Nobody);
        }
    }

    fn take_contacts(&mut self, key: &'a UserIdentityKey, contacts: Contacts<'a>) -> Result<(), Breach> {
        let is_free = |owner: Owner<'_>| owner == Owner::Nobody || owner == Owner::Ours(key);
        let Contacts { email, phone } = contacts;
        if let Some(email) = email {
            if !is_free(self.owner_of_email(email)) {
                return Err(Breach::ContactInUse("email", key.clone()));
            }
            self.emails.insert(email.folded(), Owner::Ours(key));
        }
        if let Some(phone) = phone {
            if !is_free(self.owner_of_phone(phone)) {
                return Err(Breach::ContactInUse("phone", key.clone()));
            }
            self.phones.insert(phone, Owner::Ours(key));
        }
        Ok(())
    }

    fn owner_of_email(&self, email: &EmailAddress) -> Owner<'a> {
        let told = self.emails.get(&email.folded()).copied();
        told.unwrap_or_else(|| Owner::listed(self.index.identity_of_email(email)))
    }

    fn owner_of_phone(&self, phone: &PhoneNumber) -> Owner<'a> {
        let told = self.phones.get(phone).copied();
        told.unwrap_or_else(|| Owner::listed(self.index.identity_of_phone(phone)))
    }

    fn create(&mut self, key: &'a AccessGrantKey, call: &'a Call) -> Result<(), Breach> {
        if self.is_key_in_use(key) {
            return Err(Breach::KeyInUse(key.to_string()));
        }
        let Some(grant) = ModelGrant::made(call) else { return Ok(()) };
        if grant.spaces.is_empty() || grant.methods.is_empty() {
            return Err(Breach::Empty(key.clone()));
        }
        self.check_window(key, &grant.window)?;
        let capable = self.capable(grant.spaces);
        match (grant.reservation_key, capable.is_empty()) {
            (Some(_), true) => return Err(Breach::ReservationKeyNotSupported(key.clone())),
            (None, false) => return Err(Breach::ReservationKeyMissing(key.clone())),
            (Some(reservation_key), false) => {
                if let Some(doors) = self.doors_of(reservation_key)
                    && !is_subset(&capable, &doors)
                {
                    return Err(Breach::OtherDoors(key.clone(), reservation_key.clone()));
                }
                self.check_overlap(key, reservation_key, None, &grant.window)?;
                self.joined.entry(reservation_key).or_default().push(key);
            }
            (None, true) => {}
        }
        self.made.insert(key, call);
        Ok(())
    }

    fn update(&mut self, id: &'a AccessGrantId, key: &AccessGrantKey, window: Window) -> Result<(), Breach> {
        self.check_window(key, &window)?;
        let grant = self.existing(id, key)?;
        if let Some(reservation_key) = grant.reservation_key {
            self.check_overlap(key, reservation_key, Some(id), &window)?;
        }
        self.changed.insert(id, Some(ModelGrant { window, ..grant }));
        Ok(())
    }

    fn take_over(&mut self, id: &'a AccessGrantId, key: &'a AccessGrantKey) -> Result<(), Breach> {
        let grant = self.existing(id, key)?;
        if self.is_key_in_use(key) {
            return Err(Breach::KeyInUse(key.to_string()));
        }
        self.taken_over.insert(key, id);
        self.changed.insert(id, Some(ModelGrant { key: Some(key), ..grant }));
        Ok(())
    }

    fn delete(&mut self, id: &'a AccessGrantId, key: &AccessGrantKey) -> Result<(), Breach> {
        let grant = self.existing(id, key)?;
        self.changed.insert(id, None);
        if let Some(reservation_key) = grant.reservation_key {
            if self.members(reservation_key).next().is_none() {
                self.left_doors.remove(reservation_key);
            } else {
                let doors = self.capable(grant.spaces);
                self.left_doors.entry(reservation_key).or_default().extend(doors);
            }
        }
        Ok(())
    }

    fn existing(&self, id: &AccessGrantId, key: &AccessGrantKey) -> Result<ModelGrant<'a>, Breach> {
        self.grant(id).ok_or_else(|| Breach::NotFound(key.to_string()))
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
        let apart = self
            .members(reservation_key)
            .filter(|(id, _)| except.is_none() || *id != except)
            .any(|(_, other)| !other.window.overlaps(window));
        if apart { Err(Breach::WindowsApart(key.clone(), reservation_key.clone())) } else { Ok(()) }
    }

    /// The doors of a reservation, sorted; `None` where no grant of it stands.
    fn doors_of(&self, reservation_key: &SeamReservationKey) -> Option<DoorRefs> {
        let mut members =
            self.members(reservation_key).map(|(_, grant)| self.capable(grant.spaces)).peekable();
        members.peek()?;
        let left = self.left_doors.get(reservation_key).into_iter().flatten().copied();
        let mut doors: DoorRefs = members.flatten().chain(left).collect();
        doors.sort_unstable();
        doors.dedup();
        Some(doors)
    }

    fn capable(&self, spaces: &SharedSet<SpaceId>) -> DoorRefs {
        let spaces: Vec<_> = spaces.iter().filter_map(|space| self.directory.by_id(space)).collect();
        self.directory.capable_of(&spaces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Method;
    use crate::plan::schedule::testing::{create, window};
    use crate::plan::testing::{Doors, Night};

    /// A grant with these spaces, methods and reservation key, in a hotel with those doors.
    fn check(
        doors: Doors,
        (spaces, methods, reservation_key): (&[&str], &[Method], Option<&str>),
        expected: Option<&Breach>,
    ) {
        let night = Night::of("", doors);
        let mut call = create("k");
        if let Call::CreateGrant { spaces: to, methods: by, reservation_key: key, window: when, .. } =
            &mut call
        {
            *to = spaces.iter().map(|space| SpaceId::new(*space)).collect();
            *by = methods.iter().copied().collect();
            *key = reservation_key.map(Into::into);
            *when = Window { ends_at: None, ..window() };
        }
        night.with_input(|input| {
            let index = Index::of(input.inventory);
            let mut world = World::of(&index, input.directory, input.now);
            let found = world.apply(StepId(0), &call).err();
            assert_eq!(found.as_ref(), expected, "{doors:?} {spaces:?} {methods:?}");
        });
    }

    #[test]
    fn a_grant_needs_a_space_and_a_method() {
        let empty = Breach::Empty("k".into());
        check(Doors::Locks, (&["space-101"], &[Method::Code], None), None);
        check(Doors::Locks, (&[], &[Method::Code], None), Some(&empty));
        check(Doors::Locks, (&["space-101"], &[], None), Some(&empty));
        check(Doors::Locks, (&[], &[], None), Some(&empty));
    }

    #[test]
    fn a_reservation_key_goes_with_doors_that_know_reservations() {
        let code = [Method::Code];
        check(Doors::OfReservations, (&["space-101"], &code, Some("R1")), None);
        let missing = Breach::ReservationKeyMissing("k".into());
        check(Doors::OfReservations, (&["space-101"], &code, None), Some(&missing));
        let not_supported = Breach::ReservationKeyNotSupported("k".into());
        check(Doors::Locks, (&["space-101"], &code, Some("R1")), Some(&not_supported));
    }
}
