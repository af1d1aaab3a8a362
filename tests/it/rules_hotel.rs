//! A hotel for the tests of the rules: bookings as short lines of text, plans as short lines of text.
//!
//! A booking is `RESERVATION GUEST UNITS FROM..UNTIL` and then words in any order: a status, `primary`, `opt-out`,
//! `name=`, `email=`, `phone=`, `methods=`, `code=`. A guest `-` has no key, units are joined by `+`, and `?` is a
//! unit that is not assigned yet. Dates are `12-02`, or `12-02T09:30` with a time, in 2026 and UTC.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{DateTime, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reservation_sync::mapping::{
    AddressRules, CurrentAccess, Directory, GuestScope, MappingSettings, ReservationFilter, SharedSpaces,
    SpaceTemplate, UnitRule, map,
};
use reservation_sync::model::time::Side;
use reservation_sync::model::{
    AccessGrantId, Coverage, Entrance, Fingerprint, GrantState, Guest, Identity, Inventory, Ledger,
    LiveGrant, Method, Moment, Place, Properties, Property, RejectedRows, RequestedMethod, Reservation,
    ReservationId, RowCounts, SourceKind, SourcePlace, SourceRead, Space, Standing, Stay, Unit, Window,
    WishedCode, Workspace,
};
use reservation_sync::plan::moves;
use reservation_sync::plan::{
    Allowance, CheckedPlan, Commands, ContactConflict, GuardSettings, Item, Past, PlanInput, PlanSettings,
    Policy, Quarantine, Reading, check, plan,
};

use crate::rules_told::{short, span, told};
use crate::small_world::{carried_out, guard_settings, namespace, plan_settings, remembered};

/// The hotel: rooms 1 to 3 and the spa know reservations; rooms 5 to 7, the lobby and the gym do not.
pub(crate) struct Hotel {
    pub(crate) inventory: Inventory,
    pub(crate) now: Timestamp,
    pub(crate) mapping: MappingSettings,
    pub(crate) settings: PlanSettings,
    /// What earlier nights recorded.
    pub(crate) ledger: Ledger,
    pub(crate) guards: GuardSettings,
    pub(crate) allowances: Vec<Allowance>,
    pub(crate) quarantine: Quarantine,
    /// Whether a stay that is missing is gone, and the bytes that are read; `None` for a source that says nothing.
    pub(crate) complete: Option<&'static str>,
    /// Reservations with a row that could not be read.
    pub(crate) rejected: BTreeSet<&'static str>,
    /// What plans are about.
    pub(crate) filter: ReservationFilter,
    /// Grants of others that are taken over, each with its reservation.
    pub(crate) adopted: BTreeMap<AccessGrantId, ReservationId>,
}

impl Hotel {
    /// An empty hotel without common spaces, at noon on the first of December.
    pub(crate) fn new() -> Self {
        let mut hotel = Self {
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
            now: instant("12-01T12:00", Side::Arrival).instant,
            mapping: MappingSettings {
                namespace: namespace(),
                properties: Properties {
                    default: Property {
                        time_zone: TimeZone::UTC,
                        country: None,
                        check_in: time(15, 0, 0, 0),
                        check_out: time(11, 0, 0, 0),
                        early_access: SignedDuration::ZERO,
                        late_exit: SignedDuration::ZERO,
                    },
                    by_code: BTreeMap::new(),
                },
                units: UnitRule::Template(SpaceTemplate::parse("room-{unit}").expect("a good template")),
                also: BTreeSet::new(),
                shared: SharedSpaces::default(),
                methods: [Method::Code].into(),
                guests: GuestScope::All,
                addresses: AddressRules::default(),
            },
            settings: plan_settings(Policy::Sync),
            ledger: Ledger::default(),
            guards: guard_settings(),
            allowances: Vec::new(),
            quarantine: Quarantine::None,
            complete: None,
            rejected: BTreeSet::new(),
            filter: ReservationFilter::default(),
            adopted: BTreeMap::new(),
        };
        for (space, capable) in [
            ("room-1", true),
            ("room-2", true),
            ("room-3", true),
            ("room-5", false),
            ("room-6", false),
            ("room-7", false),
            ("lobby", false),
            ("gym", false),
            ("spa", true),
        ] {
            hotel.add_door(space, space, capable, &[Method::Code, Method::Card]);
        }
        hotel
    }

    /// The same with common spaces.
    pub(crate) fn with(also: &[&str]) -> Self {
        let mut hotel = Self::new();
        hotel.also(also);
        hotel
    }

    pub(crate) fn also(&mut self, also: &[&str]) {
        self.mapping.also = also.iter().map(|space| (*space).into()).collect();
    }

    pub(crate) fn add_door(&mut self, space: &str, door: &str, capable: bool, methods: &[Method]) {
        let id = format!("space-{space}");
        if self.inventory.spaces.iter().all(|known| known.id.to_string() != id) {
            self.inventory.spaces.push(Space {
                id: id.as_str().into(),
                key: Some(space.into()),
                name: space.to_owned(),
            });
        }
        self.inventory.entrances.push(Entrance {
            id: format!("door-{door}").as_str().into(),
            name: door.to_owned(),
            spaces: [id.as_str().into()].into(),
            methods: methods.iter().copied().collect(),
            can_belong_to_reservation: capable,
        });
    }

    pub(crate) fn at(&mut self, moment: &str) {
        self.now = instant(moment, Side::Arrival).instant;
    }

    /// Says which bytes the source has, and whether they are all of it.
    pub(crate) fn read(&mut self, bytes: &'static str, is_complete: bool) {
        self.complete = is_complete.then_some(bytes);
    }

    /// A person raises a limit.
    pub(crate) fn allow(&mut self, allowance: &str) {
        self.allowances.push(allowance.parse().expect("an allowance"));
    }

    /// Somebody moves the end of the grants of a reservation, in Seam.
    pub(crate) fn move_end(&mut self, reservation: &str, day: &str) {
        let name = Some(reservation.into());
        for grant in self.inventory.grants.iter_mut().filter(|grant| grant.name == name) {
            grant.window.ends_at = Some(instant(day, Side::Departure).instant);
        }
    }

    /// Somebody else's grant.
    pub(crate) fn foreign_grant(&mut self, reservation_key: &str, space: &str, days: &str) {
        self.foreign_identity("staff", None);
        self.inventory.grants.push(LiveGrant {
            id: format!("foreign-{reservation_key}").as_str().into(),
            key: None,
            identity: "identity-staff".into(),
            reservation_key: Some(reservation_key.into()),
            spaces: [format!("space-{space}").as_str().into()].into(),
            window: window(days),
            requested: Vec::new().into(),
            access_methods: [].into(),
            name: None,
            created_at: self.now,
            state: GrantState::Standing,
        });
    }

    /// Somebody we do not know.
    pub(crate) fn foreign_identity(&mut self, id: &str, email: Option<&str>) {
        self.inventory.identities.push(Identity {
            id: format!("identity-{id}").as_str().into(),
            key: None,
            full_name: Some("Somebody Else".into()),
            email: email.map(Into::into),
            phone: None,
            merged_keys: [].into(),
        });
    }

    /// What would be done, without doing it.
    pub(crate) fn plan(&self, rows: &[&str]) -> CheckedPlan {
        self.with_input(rows, |input| {
            let plan = plan(input);
            let text = told(&plan.items, &plan.steps);
            check(plan, input).unwrap_or_else(|violations| panic!("{violations:#?}\n{text}"))
        })
    }

    /// Whatever is made of what these rows and this hotel are.
    pub(crate) fn with_input<T>(&self, rows: &[&str], make: impl FnOnce(&PlanInput<'_>) -> T) -> T {
        let reservations = self.reservations(rows);
        let directory = Directory::of(&self.inventory);
        let reading = self.reading(&reservations);
        let read = (reading.coverage, reading.whole_reservations);
        let access = CurrentAccess::of(&self.inventory, &self.ledger, &directory, &namespace(), self.now)
            .listed_by(read);
        let mut desired = map(reservations.clone(), &directory, &access, &self.mapping, self.now);
        desired.outside = self.filter.outside(&reservations);
        desired.adopted.clone_from(&self.adopted);
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

    /// A night: what is done, as text. Planning the same rows again must find nothing to send.
    pub(crate) fn night(&mut self, rows: &[&str]) -> String {
        let plan = self.plan(rows);
        let text = told(&plan.items, &plan.steps);
        self.inventory = carried_out(&plan, &self.inventory);
        self.ledger = remembered(&plan, &self.ledger);
        let again = self.plan(rows);
        assert!(again.is_empty(), "first\n{text}then\n{}", told(&again.items, &again.steps));
        text
    }

    /// A night that ends in the middle: everything is made, and nothing is taken away.
    pub(crate) fn broken_night(&mut self, rows: &[&str]) {
        let plan = self.plan(rows);
        let before = self.inventory.grants.clone();
        self.inventory = carried_out(&plan, &self.inventory);
        let gone = |grant: &&LiveGrant| self.inventory.grants.iter().all(|other| other.id != grant.id);
        let gone: Vec<LiveGrant> = before.iter().filter(gone).cloned().collect();
        self.inventory.grants.extend(gone);
        let before = self.ledger.desired.clone();
        self.ledger = remembered(&plan, &self.ledger);
        self.ledger.desired.extend(before);
        self.ledger.unfinished_moves = moves(&plan);
    }

    /// What a night would do and why, without the calls; nothing is done.
    pub(crate) fn told_reasons(&self, rows: &[&str]) -> String {
        let plan = self.plan(rows);
        let line = |item: &Item| {
            let reason = item.reason.replace('\n', "\n    ");
            format!("{}    {reason}\n", told(std::slice::from_ref(item), &[]))
        };
        plan.items.iter().map(line).collect()
    }

    /// The lines of a night, without the calls.
    pub(crate) fn lines(&mut self, rows: &[&str]) -> String {
        let text = self.night(rows);
        text.lines().filter(|line| !line.starts_with(' ')).fold(String::new(), |all, line| all + line + "\n")
    }

    /// The live grants, one a line: whose, where, when, under which reservation key.
    pub(crate) fn grants(&self) -> String {
        let mut lines: Vec<String> = self
            .inventory
            .grants
            .iter()
            .filter(|grant| grant.is_live(self.now))
            .map(|grant| {
                let key = grant.key.as_ref().map_or_else(|| grant.id.to_string(), |key| short(key.as_str()));
                let spaces: Vec<String> =
                    grant.spaces.iter().map(|s| s.to_string().replacen("space-", "", 1)).collect();
                let reservation = grant.reservation_key.as_ref().map_or("-", |key| key.as_str());
                format!("{key} [{}] {} key={reservation}\n", spaces.join(" "), span(&grant.window))
            })
            .collect();
        lines.sort();
        lines.concat()
    }

    /// What is concluded from stays that are missing; complete reads cover a month before and after today.
    fn reading(&self, reservations: &[Reservation]) -> Reading {
        let Some(bytes) = self.complete else {
            return Reading { whole_reservations: true, ..Reading::partial() };
        };
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
            coverage: Coverage::Complete,
            fingerprint: Fingerprint(bytes.to_owned()),
            written_at: None,
        };
        let month = SignedDuration::from_hours(30 * 24);
        Reading::of(&source, Some((-month, month)), &self.mapping.properties)
    }

    fn reservations(&self, rows: &[&str]) -> Vec<Reservation> {
        let mut grouped: BTreeMap<ReservationId, Vec<Stay>> = BTreeMap::new();
        for (position, row) in rows.iter().enumerate() {
            let (id, stay) = read(row, position);
            grouped.entry(id).or_default().push(stay);
        }
        let reservation = |(id, stays): (ReservationId, Vec<Stay>)| Reservation {
            n_rejected_rows: usize::from(self.rejected.contains(id.key.as_str())),
            id,
            stays,
        };
        grouped.into_iter().map(reservation).collect()
    }
}

fn read(row: &str, position: usize) -> (ReservationId, Stay) {
    let mut words = row.split_whitespace();
    let mut next = || words.next().expect("a row has a reservation, a guest, units and dates");
    let (reservation, guest, units, days) = (next(), next(), next(), next());
    let (property, key) = reservation.split_once('/').unwrap_or(("", reservation));
    let (from, until) = days.split_once("..").expect("dates are FROM..UNTIL");
    let name = if guest == "-" { format!("Guest of {key}") } else { format!("Guest {guest}") };
    let mut stay = Stay {
        stay_id: None,
        share_key: None,
        guest: Guest {
            key: (guest != "-").then(|| guest.into()),
            full_name: name.into(),
            email: None,
            phone: None,
            is_primary: false,
        },
        place: if units == "?" {
            Place::Unassigned
        } else {
            Place::Units(units.split('+').map(|unit| Unit::new(unit.trim_start_matches("room-"))).collect())
        },
        check_in: instant(from, Side::Arrival),
        check_out: instant(until, Side::Departure),
        standing: Standing::Expected,
        methods: [].into(),
        code: None,
        opted_out: false,
        updated_at: None,
        booked_at: None,
        source: SourcePlace { container: "rows".into(), row: position as u64 + 2 },
    };
    for word in words {
        match word.split_once('=') {
            None => match word {
                "confirmed" => stay.standing = Standing::Expected,
                "checked-in" => stay.standing = Standing::CheckedIn,
                "cancelled" | "no-show" | "checked-out" => stay.standing = Standing::Revoked,
                "unclear" => stay.standing = Standing::Unclear,
                "ignored" => stay.standing = Standing::Ignored,
                "primary" => stay.guest.is_primary = true,
                "opt-out" => stay.opted_out = true,
                _ => panic!("`{word}` means nothing in a row"),
            },
            Some(("name", name)) => stay.guest.full_name = name.replace('_', " ").into(),
            Some(("email", email)) => stay.guest.email = Some(email.into()),
            Some(("phone", phone)) => stay.guest.phone = Some(phone.into()),
            Some(("code", code)) => stay.code = WishedCode::new(code),
            Some(("methods", methods)) => {
                let method = |word| Method::parse(word).expect("a method that exists");
                stay.methods = methods.split('+').map(method).collect();
            }
            Some((field, _)) => panic!("`{field}` is no field of a row"),
        }
    }
    (ReservationId { property: property.into(), key: key.into() }, stay)
}

fn instant(text: &str, side: Side) -> Moment {
    let (day, clock) = match (text.split_once('T'), side) {
        (Some((day, clock)), _) => (day, clock),
        (None, Side::Arrival) => (text, "15:00"),
        (None, Side::Departure) => (text, "11:00"),
    };
    let local: DateTime = format!("2026-{day}T{clock}").parse().expect("a local time");
    Moment::at(local, &TimeZone::UTC, side).expect("an ordinary year")
}

pub(crate) fn window(days: &str) -> Window {
    let (from, until) = days.split_once("..").expect("dates are FROM..UNTIL");
    Window::new(instant(from, Side::Arrival).instant, instant(until, Side::Departure).instant)
}

/// A method that was asked for and has not become an access method yet.
pub(crate) fn being_made(method: Method) -> RequestedMethod {
    RequestedMethod { method: Some(method), access_methods: [].into() }
}

/// Sets what happens where two guests have one contact.
pub(crate) fn reject_conflicts(hotel: &mut Hotel) {
    hotel.settings.on_contact_conflict = ContactConflict::Reject;
}
