//! Reads a night, and plans it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use super::told::Planned;
use super::words::{full_name, hours_of, id, moment, row, space_id, space_keys, units_of, window};
use super::{Doors, namespace};
use crate::mapping::testing::property;
use crate::mapping::{
    AddressRules, CurrentAccess, Directory, GuestScope, MappingSettings, NamePattern, ReservationFilter,
    SharedSpaces, SpaceTemplate, UnitRule, map,
};
use crate::model::time::Side;
use crate::model::{
    Absence, AccessGrantKey, AccessMethodId, Arrived, Choice, Coverage, Decision, Device, Entrance,
    Fingerprint, GrantKeyParts, GrantState, GuestKey, Identity, Inventory, Ledger, LiveGrant, Method,
    MethodSet, Move, Properties, RejectedRows, RequestedMethod, Reservation, ReservationId, RowCounts,
    SourceKind, SourceRead, Space, SpaceKey, Stay, Unit, Wanted, Workspace, door_set_hash,
};
use crate::plan::{
    Allowance, Commands, ContactConflict, GuardSettings, Limits, Past, PlanInput, PlanSettings, Policy,
    Quarantine, Reading, Share, Withheld, check, plan_without, withhold,
};

/// A night at the hotel.
pub(in crate::plan) struct Night {
    inventory: Inventory,
    ledger: Ledger,
    rows: Vec<(ReservationId, Stay)>,
    lost: BTreeSet<ReservationId>,
    mapping: MappingSettings,
    settings: PlanSettings,
    guards: GuardSettings,
    allowances: Vec<Allowance>,
    quarantine: Quarantine,
    only: Option<ReservationFilter>,
    is_complete: bool,
    is_cut: bool,
    written_at: Option<Timestamp>,
    now: Timestamp,
}

impl Night {
    /// Reads a night.
    pub(in crate::plan) fn of(text: &str, doors: Doors) -> Self {
        let mut night = Self::empty(doors);
        for part in text.split("; ").filter(|part| !part.is_empty()) {
            night.add(part);
        }
        night
    }

    fn empty(doors: Doors) -> Self {
        let all = Share::Percent(100.0);
        let mut night = Self {
            inventory: Inventory {
                workspace: Workspace {
                    id: "workspace".into(),
                    name: "Hotel".to_owned(),
                    is_sandbox: true,
                    is_suspended: false,
                },
                spaces: Vec::new(),
                entrances: Vec::new(),
                devices: Vec::new(),
                identities: Vec::new(),
                grants: Vec::new(),
            },
            ledger: Ledger::default(),
            rows: Vec::new(),
            lost: BTreeSet::new(),
            mapping: MappingSettings {
                namespace: namespace(),
                properties: Properties { default: property(), by_code: BTreeMap::new() },
                units: UnitRule::Template(SpaceTemplate::parse("room-{unit}").expect("a template")),
                also: BTreeSet::new(),
                shared: SharedSpaces::default(),
                methods: [Method::Code].into(),
                guests: GuestScope::All,
                addresses: AddressRules::default(),
            },
            settings: PlanSettings {
                policy: Policy::Sync,
                namespace: namespace(),
                horizon: None,
                on_contact_conflict: ContactConflict::Omit,
                limits: Limits {
                    requests_per_second: 10.0,
                    burst: 10,
                    concurrency: 10,
                    door_creates_per_minute: 10,
                    door_updates_per_minute: 10,
                    door_deletes_per_minute: 20,
                },
            },
            guards: GuardSettings {
                max_delete: all,
                max_cancel: all,
                max_update: all,
                min_existing: 10,
                max_shrink: all,
                max_reject: all,
                max_in_house: all,
                missing_runs: 2,
                missing_for: SignedDuration::from_hours(12),
            },
            allowances: Vec::new(),
            quarantine: Quarantine::None,
            only: None,
            is_complete: true,
            is_cut: false,
            written_at: None,
            now: moment("1T12", Side::Arrival).instant,
        };
        for room in 101..110 {
            night.add_door(&room.to_string(), &[&room.to_string()], doors);
        }
        night.add_space("S");
        for room in ["101", "102"] {
            night.add_to_space(room, "S");
        }
        night
    }

    fn add_space(&mut self, unit: &str) {
        let key = SpaceKey::new(format!("room-{unit}"));
        let name = key.to_string();
        self.inventory.spaces.push(Space { id: space_id(unit), key: Some(key), name });
    }

    fn add_door(&mut self, door: &str, units: &[&str], doors: Doors) {
        for unit in units {
            self.add_space(unit);
        }
        let spaces = units.iter().map(|unit| space_id(unit)).collect();
        let methods: MethodSet = [Method::Code, Method::Card].into();
        let (id, name) = (format!("door-{door}"), door.to_owned());
        match doors {
            Doors::OfReservations => self.inventory.entrances.push(Entrance {
                id: id.as_str().into(),
                name,
                spaces,
                methods,
                can_belong_to_reservation: true,
            }),
            Doors::Locks => self.inventory.devices.push(Device {
                id: id.as_str().into(),
                name,
                spaces,
                methods,
                max_active_codes: None,
            }),
        }
    }

    fn add_to_space(&mut self, door: &str, unit: &str) {
        let entrances = self.inventory.entrances.iter_mut().map(|door| (&door.name, &mut door.spaces));
        let devices = self.inventory.devices.iter_mut().map(|door| (&door.name, &mut door.spaces));
        for (_, spaces) in entrances.chain(devices).filter(|(name, _)| *name == door) {
            spaces.insert(space_id(unit));
        }
    }

    fn add(&mut self, part: &str) {
        let words: Vec<&str> = part.split_whitespace().collect();
        match words[..] {
            ["written", when] => self.written_at = Some(moment(when, Side::Arrival).instant),
            ["at", when] => self.now = moment(when, Side::Arrival).instant,
            ["partial"] => self.is_complete = false,
            ["cut"] => self.is_cut = true,
            ["lost", key] => drop(self.lost.insert(id(key))),
            ["only", key] => {
                let keys = [key.into()].into();
                self.only = Some(ReservationFilter { keys, ..ReservationFilter::default() });
            }
            ["policy", "create_only"] => self.settings.policy = Policy::CreateOnly,
            ["policy", "upsert_only"] => self.settings.policy = Policy::UpsertOnly,
            ["allow", text] => self.allowances.push(text.parse().expect("an allowance")),
            ["guard", text] => self.set_guard(text),
            ["quarantine"] => self.quarantine = Quarantine::Standing,
            ["uses-in"] => self.ledger.last_checked_in_status = Some(date(2026, 11, 30)),
            ["several"] => self.ledger.lists_several_guests = true,
            ["early", hours] => self.mapping.properties.default.early_access = hours_of(hours),
            ["late", hours] => self.mapping.properties.default.late_exit = hours_of(hours),
            ["shared", unit] => {
                let pattern = NamePattern::parse(unit).expect("a name");
                self.mapping.shared = [pattern].into_iter().collect();
            }
            ["beds"] => {
                let bed = |unit: &str, room: &str| {
                    ((None, Unit::new(unit)), [SpaceKey::new(format!("room-{room}"))].into())
                };
                let beds = [("A", "101"), ("B", "101"), ("102", "102"), ("103", "103")];
                self.mapping.units = UnitRule::Table(beds.map(|(unit, room)| bed(unit, room)).into());
            }
            ["doors" | "locks" | "as-written"] => {}
            ["decide", key, ref rest @ ..] => self.decide(key, rest),
            ["moved", old, new] => {
                let key = |n: &str| self.grant_key_of(n);
                let one = Move { old: key(old), new: key(new), window: window("5..8") };
                self.ledger.unfinished_moves.insert(one);
            }
            ["other", key, unit, days] => self.add_foreign(key, unit, days),
            ["has", key, name, units, days, ref rest @ ..] => self.add_grant(key, name, units, days, rest),
            [key, name, units, days, ref rest @ ..] => {
                let position = self.rows.len();
                let stay = row(name, units, days, rest, position);
                self.rows.push((id(key), stay));
            }
            _ => panic!("`{part}` is no part of a night"),
        }
    }

    /// The rows in the other order.
    pub(super) fn reverse(&mut self) {
        self.rows.reverse();
        for (position, (_, stay)) in self.rows.iter_mut().enumerate() {
            stay.source.row = position as u64 + 2;
        }
    }

    fn set_guard(&mut self, text: &str) {
        let (guard, share) = text.split_once('=').expect("a guard and its limit");
        let share: Share = share.parse().expect("a limit");
        match guard {
            "max_update" => self.guards.max_update = share,
            "max_delete" => self.guards.max_delete = share,
            "max_cancel" => self.guards.max_cancel = share,
            "max_in_house" => self.guards.max_in_house = share,
            _ => panic!("no guard `{guard}`"),
        }
    }

    fn decide(&mut self, key: &str, words: &[&str]) {
        let unit = words.iter().find_map(|word| word.strip_prefix("unit=")).map(Unit::new);
        let choice = match words {
            ["grant", ..] => Choice::Grant,
            ["revoke", ..] => Choice::Revoke,
            ["leave", ..] => Choice::Leave,
            ["share", other, ..] => Choice::ShareWith((*other).into()),
            _ => panic!("{words:?} is no decision"),
        };
        let (reservation, decided_at) = (id(key), self.now - SignedDuration::from_hours(1));
        let reason = "decided".to_owned();
        self.ledger.decisions.push(Decision { reservation, unit, choice, reason, until: None, decided_at });
    }

    fn grant_key_of(&self, text: &str) -> AccessGrantKey {
        let (key, n) = text.split_once('#').unwrap_or((text, "1"));
        let ordinal: u32 = n.parse().expect("a number");
        let parts = |grant: &LiveGrant| GrantKeyParts::parse(&namespace(), grant.key.as_ref()?);
        let is_it = |grant: &&LiveGrant| {
            parts(grant).is_some_and(|parts| parts.is_of(&id(key)) && parts.ordinal == ordinal)
        };
        self.inventory.grants.iter().find(is_it).and_then(|grant| grant.key.clone()).expect("a live grant")
    }

    fn add_identity(&mut self, guest: &GuestKey, name: &str, email: Option<&str>) -> String {
        let id = format!("identity-{guest}");
        if self.inventory.identities.iter().all(|identity| identity.id.to_string() != id) {
            self.inventory.identities.push(Identity {
                id: id.as_str().into(),
                key: Some(namespace().identity_key(guest)),
                full_name: Some(full_name(name)),
                email: email.map(Into::into),
                phone: None,
                merged_keys: [].into(),
            });
        }
        id
    }

    fn add_grant(&mut self, key: &str, name: &str, units: &str, days: &str, words: &[&str]) {
        let value = |field: &str| words.iter().find_map(|word| word.strip_prefix(field));
        let number = value("guest=").unwrap_or("1");
        let guest: GuestKey =
            value("key=").map_or_else(|| format!("{key}/{number}").as_str().into(), Into::into);
        let identity = self.add_identity(&guest, name, value("email="));
        let made_for = space_keys(value("for=").unwrap_or(units));
        let ordinal = value("n=").map_or(1, |n| n.parse().expect("a number"));
        let ReservationId { property, key: reservation } = id(key);
        let parts =
            GrantKeyParts { property, reservation, guest, door_set: door_set_hash(&made_for), ordinal };
        let grant_key = parts.key(&namespace());
        let is_of_reservations = !self.inventory.entrances.is_empty();
        let seam_key = is_of_reservations.then(|| value("seam=").unwrap_or(key).into());
        let methods: MethodSet =
            if words.contains(&"card") { [Method::Card, Method::Code].into() } else { [Method::Code].into() };
        let method_id = |method: &Method| AccessMethodId::new(format!("{method}-{grant_key}"));
        let requested = |method: &Method| RequestedMethod {
            method: Some(*method),
            access_methods: [method_id(method)].into(),
        };
        self.inventory.grants.push(LiveGrant {
            id: format!("grant-{grant_key}").as_str().into(),
            key: Some(grant_key.clone()),
            identity: identity.as_str().into(),
            reservation_key: seam_key,
            spaces: units_of(units).iter().map(|unit| space_id(unit)).collect(),
            window: window(days),
            requested: methods.iter().map(requested).collect(),
            access_methods: methods.iter().map(method_id).collect(),
            name: Some(key.into()),
            created_at: moment("1", Side::Arrival).instant,
            state: GrantState::Standing,
        });
        if !words.contains(&"unrecorded") {
            let wanted_in = space_keys(value("wanted=").unwrap_or(units));
            let recorded = window(value("recorded=").unwrap_or(days));
            let wanted = Wanted::of(wanted_in.iter(), &recorded, [Method::Code].into());
            let arrived = match words {
                _ if words.contains(&"in") => Arrived::Yes,
                _ if words.contains(&"due") => Arrived::NotYet,
                _ => Arrived::Unsaid,
            };
            self.ledger.desired.insert(grant_key.clone(), wanted.of_guest_who(arrived));
        }
        if words.contains(&"missed") {
            let since = self.now - SignedDuration::from_hours(48);
            let last_read = Some(Fingerprint("earlier".to_owned()));
            self.ledger.absences.insert(grant_key, Absence { since, n_reads: 5, last_read });
        }
    }

    fn add_foreign(&mut self, key: &str, unit: &str, days: &str) {
        self.inventory.identities.push(Identity {
            id: "identity-staff".into(),
            key: None,
            full_name: Some("Somebody Else".into()),
            email: None,
            phone: None,
            merged_keys: [].into(),
        });
        self.inventory.grants.push(LiveGrant {
            id: format!("foreign-{key}").as_str().into(),
            key: None,
            identity: "identity-staff".into(),
            reservation_key: Some(key.into()),
            spaces: [space_id(unit)].into(),
            window: window(days),
            requested: Vec::new().into(),
            access_methods: [].into(),
            name: None,
            created_at: self.now,
            state: GrantState::Standing,
        });
    }

    fn reservations(&self) -> Vec<Reservation> {
        let mut grouped: BTreeMap<ReservationId, Vec<Stay>> = BTreeMap::new();
        for (id, stay) in &self.rows {
            grouped.entry(id.clone()).or_default().push(stay.clone());
        }
        let reservation = |(id, stays): (ReservationId, Vec<Stay>)| Reservation {
            n_rejected_rows: usize::from(self.lost.contains(&id)),
            id,
            stays,
        };
        grouped.into_iter().map(reservation).collect()
    }

    fn reading(&self, reservations: &[Reservation]) -> Reading {
        let source = SourceRead {
            kind: SourceKind::Csv,
            location: "rows".to_owned(),
            n_rows: 0,
            n_reservations: reservations.len(),
            reservations: reservations.to_vec(),
            rejects: Vec::new(),
            rejected_rows: RejectedRows::default(),
            columns: BTreeSet::new(),
            unknown_statuses: BTreeMap::new(),
            counts: RowCounts::default(),
            warnings: Vec::new(),
            coverage: if self.is_complete { Coverage::Complete } else { Coverage::Partial },
            fingerprint: Fingerprint("now".to_owned()),
            written_at: self.written_at,
        };
        let month = SignedDuration::from_hours(30 * 24);
        let reading = Reading::of(&source, Some((-month, month)), &self.mapping.properties);
        Reading { is_limited: self.only.is_some(), is_cut: self.is_cut, ..reading }
    }

    /// Whatever is made of what a plan is made of.
    pub(in crate::plan) fn with_input<T>(&self, make: impl FnOnce(&PlanInput<'_>) -> T) -> T {
        let reservations = self.reservations();
        let directory = Directory::of(&self.inventory);
        let reading = self.reading(&reservations);
        let read = (reading.coverage, reading.whole_reservations);
        let access = CurrentAccess::of(&self.inventory, &self.ledger, &directory, &namespace(), self.now)
            .listed_by(read)
            .written_at(self.written_at);
        let mut desired = map(reservations.clone(), &directory, &access, &self.mapping, self.now);
        desired.outside = self.only.as_ref().map(|only| only.outside(&reservations)).unwrap_or_default();
        make(&PlanInput {
            now: self.now,
            settings: &self.settings,
            desired: &desired,
            directory: &directory,
            inventory: &self.inventory,
            access: &access,
            past: Past {
                ledger: &self.ledger,
                guards: &self.guards,
                allowances: &self.allowances,
                commands: &Commands::default(),
                reading: &reading,
                quarantine: self.quarantine,
            },
        })
    }

    /// The plan, with what the check of it found; without the reservations that the check takes out.
    pub(in crate::plan) fn planned(&self) -> Planned {
        self.with_input(|input| {
            let mut withheld = Withheld::new();
            loop {
                let plan = plan_without(input, &withheld);
                let violations = check(plan.clone(), input).err().unwrap_or_default();
                if violations.is_empty() || !withhold(&violations, &mut withheld) {
                    return Planned { plan, violations };
                }
            }
        })
    }
}
