//! Looks at Seam after every call and at every record, and says what must never be: a foreign thing touched, a key
//! twice, a guest in the house shut out unannounced, a record that claims what is not so, a refusal that was earned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use reservation_sync::event::Outcome;
use reservation_sync::mapping::Desired;
use reservation_sync::model::{Inventory, is_variant};
use reservation_sync::plan::{Call, CheckedPlan, Matter, NewIdentity};
use reservation_sync::sandbox::Sandbox;
use serde_json::Value;

use super::simulation_world::{Clocks, Tally};
use crate::plan_orders::kept_open;
use crate::small_world::{carried_out, told};

/// Runs are numbered as they begin.
pub(crate) type RunNumber = u32;

/// Who, by the key of the identity, and where, by the key of the space.
type Place = (String, String);

/// After so long nothing of a run is on its way any more.
pub(crate) const LINGERS: Duration = Duration::from_mins(2);

/// The watch; clones are the same one.
#[derive(Clone)]
pub(crate) struct Watch {
    sandbox: Arc<Sandbox>,
    clocks: Clocks,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    runs: BTreeMap<RunNumber, Run>,
    grants: Vec<Grant>,
    identities: BTreeSet<String>,
    /// As it was when nobody had done anything yet.
    foreign: Option<Vec<Value>>,
    /// What was last seen, to tell whether a call changed anything.
    last: Value,
    /// Rooms that two parties can open on one night.
    doubles: BTreeSet<Double>,
    log: Vec<Entry>,
    wrong: Vec<String>,
    tally: Tally,
}

/// What a run promised.
#[derive(Default)]
struct Run {
    /// What guests can open before and after it, and so on the way, with the end of the promise.
    kept: BTreeMap<Place, Timestamp>,
    /// What it takes away, or announces to take away for a while.
    released: BTreeSet<Place>,
    /// Since when it is over.
    over: Option<Duration>,
    /// Whether somebody else changed Seam after it had read it.
    is_disturbed: bool,
    /// The reservations that hang together by its matters (RULES 16), or are of one person by name and e-mail address
    /// (RULES 12).
    may_be_together: Vec<BTreeSet<String>>,
}

/// Two reservations that can open one room on one night, with the day on which it begins.
type Double = (String, String, String, Date);

/// A grant of ours as it stands in Seam.
#[derive(Debug, Clone, PartialEq)]
struct Grant {
    key: String,
    identity: String,
    spaces: Vec<String>,
    methods: Vec<String>,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

/// A call as it reached Seam, or another event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Duration,
    pub(crate) run: RunNumber,
    pub(crate) what: &'static str,
    /// The status of a call, or another number.
    pub(crate) number: u64,
    /// The body of a call.
    pub(crate) body: String,
}

impl Watch {
    pub(crate) fn over(sandbox: Arc<Sandbox>, clocks: Clocks) -> Self {
        let watch = Self { sandbox, clocks, seen: Arc::default() };
        watch.look(&mut watch.seen());
        watch
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no panic")
    }

    /// Notes that something happened.
    pub(crate) fn note(&self, run: RunNumber, what: &'static str, number: u64) {
        self.enter(run, what, number, String::new());
    }

    /// Tells something in words.
    pub(crate) fn tell(&self, run: RunNumber, words: String) {
        self.enter(run, "", 0, words);
    }

    fn enter(&self, run: RunNumber, what: &'static str, number: u64, body: String) {
        let at = self.clocks.elapsed();
        self.seen().log.push(Entry { at, run, what, number, body });
    }

    pub(crate) fn count(&self, what: &'static str) {
        *self.seen().tally.entry(what).or_default() += 1;
    }

    /// Says that something is wrong.
    pub(crate) fn object(&self, wrong: String) {
        self.seen().wrong.push(wrong);
    }

    /// What is wrong so far.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.seen().wrong.clone()
    }

    pub(crate) fn log(&self) -> Vec<Entry> {
        self.seen().log.clone()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.seen().tally.clone()
    }

    /// A run is about to read Seam.
    pub(crate) fn begins(&self, run: RunNumber) {
        self.seen().runs.insert(run, Run::default());
    }

    /// A run has decided, and everybody it does not mention stays as they are.
    pub(crate) fn decided(&self, run: RunNumber, plan: &CheckedPlan, before: &Inventory, desired: &Desired) {
        self.enter(run, "decides", plan.steps.len() as u64, told(&plan.items));
        let now = self.clocks.seam();
        let (kept, released) = kept_open(plan, before, now);
        let after = carried_out(plan, before);
        let identities: BTreeMap<_, _> = before
            .identities
            .iter()
            .map(|i| (&i.id, i.key.as_ref().map_or_else(|| i.id.to_string(), ToString::to_string)))
            .collect();
        let spaces: BTreeMap<_, _> = before
            .spaces
            .iter()
            .filter_map(|space| Some((&space.id, space.key.as_ref()?.to_string())))
            .collect();
        let named = |(identity, space): &(_, _)| {
            (
                identities.get(identity).cloned().unwrap_or_default(),
                spaces.get(space).cloned().unwrap_or_default(),
            )
        };
        let end = |inventory: &Inventory, place: &(_, _)| {
            let open = inventory.grants.iter().filter(|grant| {
                grant.window.contains(now) && grant.identity == place.0 && grant.spaces.contains(&place.1)
            });
            open.map(|grant| grant.window.ends_at.unwrap_or(Timestamp::MAX)).max().unwrap_or(now)
        };
        let until = |place| end(before, place).min(end(&after, place));
        let mut seen = self.seen();
        let promise = seen.runs.get_mut(&run).expect("it has begun");
        promise.kept = kept.iter().map(|place| (named(place), until(place))).collect();
        promise.released = released.iter().map(named).collect();
        let keys = |matter: &Matter| matter.reservations.iter().map(ToString::to_string).collect();
        promise.may_be_together = plan.matters.iter().map(keys).chain(of_one_person(desired)).collect();
        if !promise.kept.is_empty() {
            *seen.tally.entry("runs with guests in house").or_default() += 1;
        }
    }

    /// A run is over, well or not; what it sent may still be on its way.
    pub(crate) fn ends(&self, run: RunNumber) {
        let now = self.clocks.elapsed();
        let mut seen = self.seen();
        if let Some(run) = seen.runs.get_mut(&run) {
            run.over = Some(now);
        }
        seen.runs.retain(|_, run| run.over.is_none_or(|over| now < over + LINGERS));
    }

    /// Seam has just dealt with a call; `status` is what it answered, or would have.
    pub(crate) fn called(&self, run: RunNumber, path: &'static str, body: &[u8], status: u16) {
        self.enter(run, path, u64::from(status), String::from_utf8_lossy(body).into_owned());
        if path.ends_with("/get") || path.ends_with("/list") {
            return;
        }
        let mut seen = self.seen();
        let changed = self.look(&mut seen);
        if changed {
            for (number, other) in &mut seen.runs {
                other.is_disturbed |= *number != run;
            }
            if seen.runs.get(&run).is_none_or(|run| run.over.is_some()) {
                *seen.tally.entry("calls that took effect after their run").or_default() += 1;
            }
        }
        let mut wrong = seen.twice();
        wrong.extend(seen.shut_out(self.clocks.seam()));
        wrong.extend(seen.let_in(run, self.clocks.seam()));
        let is_undisturbed = seen.runs.get(&run).is_some_and(|run| !run.is_disturbed && run.over.is_none());
        if (400..500).contains(&status) && status != 429 && is_undisturbed {
            wrong.extend(seen.earned(path, body, status, self.clocks.seam()));
        }
        seen.wrong.extend(wrong.into_iter().map(|wrong| format!("after {path} of run {run}: {wrong}")));
    }

    /// A run writes down how a call ended.
    pub(crate) fn claimed(&self, run: RunNumber, call: &Call, outcome: Outcome) {
        if !matches!(outcome, Outcome::Done | Outcome::AlreadySo) {
            return;
        }
        let mut seen = self.seen();
        if seen.runs.get(&run).is_none_or(|run| run.is_disturbed) {
            return;
        }
        let ends = |key: &str| seen.grants.iter().find(|grant| grant.key == key).map(|grant| grant.ends_at);
        let is_so = match call {
            Call::CreateGrant { key, .. } => {
                let is_made = |new: &NewIdentity| seen.identities.contains(new.key.as_str());
                ends(key.as_str()).is_some() && call.new_identity().is_none_or(|(new, _)| is_made(new))
            }
            Call::UpdateGrant { key, window, .. } => ends(key.as_str()) == window.ends_at,
            Call::DeleteGrant { key, .. } => ends(key.as_str()).is_none(),
            Call::CreateIdentity(new) => seen.identities.contains(new.key.as_str()),
            _ => true,
        };
        if !is_so {
            seen.wrong.push(format!(
                "run {run} records {outcome:?} of {} {}, and it is not so",
                call.path(),
                call.subject()
            ));
        }
    }

    /// The keys of our grants that stand in Seam.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        self.seen().grants.iter().map(|grant| grant.key.clone()).collect()
    }

    /// Takes in what Seam holds; tells whether it is something else than before.
    fn look(&self, seen: &mut Seen) -> bool {
        let snapshot = self.sandbox.snapshot();
        if snapshot == seen.last {
            return false;
        }
        let list = |name: &str| snapshot[name].as_array().expect("a list");
        let ours = |value: &&Value, key: &str| value[key].as_str().is_some_and(|key| key.starts_with("pms:"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let instant = |value: &Value| value.as_str().and_then(|at| at.parse().ok()).unwrap_or(Timestamp::MAX);
        let (grants, identities) = (list("access_grants"), list("user_identities"));
        seen.grants = grants
            .iter()
            .filter(|grant| ours(grant, "access_grant_key"))
            .map(|grant| Grant {
                key: text(&grant["access_grant_key"]),
                identity: text(&grant["user_identity_key"]),
                spaces: grant["space_keys"].as_array().expect("a list").iter().map(text).collect(),
                methods: grant["methods"].as_array().expect("a list").iter().map(text).collect(),
                starts_at: instant(&grant["starts_at"]),
                ends_at: instant(&grant["ends_at"]),
            })
            .collect();
        let owned = identities.iter().filter(|identity| ours(identity, "user_identity_key"));
        let owned: Vec<String> = owned.map(|identity| text(&identity["user_identity_key"])).collect();
        seen.identities = owned.iter().cloned().collect();
        if seen.identities.len() < owned.len() {
            seen.wrong.push(format!("two identities with one key: {owned:?}"));
        }
        let foreign = grants.iter().filter(|grant| !ours(grant, "access_grant_key"));
        let others = identities.iter().filter(|identity| !ours(identity, "user_identity_key"));
        let foreign: Vec<Value> = foreign.chain(others).cloned().collect();
        match &seen.foreign {
            None => seen.foreign = Some(foreign),
            Some(before) if *before != foreign => {
                seen.wrong.push(format!("foreign things were touched: {before:?} became {foreign:?}"));
            }
            Some(_) => {}
        }
        seen.last = snapshot;
        true
    }
}

impl Seen {
    /// Grants that stand twice.
    fn twice(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, one) in self.grants.iter().enumerate() {
            for other in &self.grants[..number] {
                let as_the_other = Grant { key: other.key.clone(), ..one.clone() };
                if as_the_other == *other || one.key == other.key {
                    wrong.push(format!("twice: {one:?} and {other:?}"));
                }
            }
        }
        wrong
    }

    /// Guests who cannot open what some run keeps open and none takes away.
    fn shut_out(&self, now: Timestamp) -> Vec<String> {
        let active = self.runs.values().filter(|run| run.over.is_none());
        let promised = active.flat_map(|run| run.kept.iter()).filter(|(_, until)| now < **until);
        let is_open = |(identity, space): &Place| {
            self.grants.iter().any(|grant| {
                grant.identity == *identity
                    && grant.spaces.contains(space)
                    && grant.starts_at <= now
                    && now < grant.ends_at
            })
        };
        promised
            .filter(|(place, _)| self.runs.values().all(|run| !run.released.contains(*place)))
            .filter(|(place, _)| !place.0.is_empty() && place.0.starts_with("pms:") && !is_open(place))
            .map(|((identity, space), until)| {
                format!("{identity} stands before {space}, which was to be open until {until}")
            })
            .collect()
    }

    /// Rooms that this call of a run opens for a second party on one night, and no matter of its plan names both
    /// (RULES 12 to 17).
    fn let_in(&mut self, run: RunNumber, now: Timestamp) -> Vec<String> {
        let doubles = self.all_doubles(now);
        let before = std::mem::replace(&mut self.doubles, doubles);
        let Some(run) = self.runs.get(&run).filter(|run| !run.is_disturbed && run.over.is_none()) else {
            return Vec::new();
        };
        let is_named = |(left, right, ..): &&Double| {
            run.may_be_together.iter().any(|keys| keys.contains(left) && keys.contains(right))
        };
        let new = self.doubles.difference(&before).filter(|double| !is_named(double));
        new.map(|(left, right, room, night)| {
            format!("{left} and {right} can both open {room} on the night of {night}, and nothing says so")
        })
        .collect()
    }

    fn all_doubles(&self, now: Timestamp) -> BTreeSet<Double> {
        let mut doubles = BTreeSet::new();
        for (number, one) in self.grants.iter().enumerate() {
            for other in &self.grants[..number] {
                let (left, right) = (reservation_of(&one.key), reservation_of(&other.key));
                if left == right || one.identity == other.identity {
                    continue;
                }
                let (from, to) =
                    (one.starts_at.max(other.starts_at).max(now), one.ends_at.min(other.ends_at));
                let rooms = one.spaces.iter().filter(|room| room.starts_with("room-"));
                for room in rooms.filter(|room| other.spaces.contains(room)) {
                    let pair = if left < right { (left, right) } else { (right, left) };
                    let keys = |(_, key): (&str, &str)| key.to_owned();
                    doubles.extend(
                        nights(from, to).map(|night| (keys(pair.0), keys(pair.1), room.clone(), night)),
                    );
                }
            }
        }
        doubles
    }

    /// A refusal is no fault of ours where it only says that it was done before, or that a stay is over which by a
    /// clock that runs behind is not.
    fn earned(&self, path: &str, body: &[u8], status: u16, now: Timestamp) -> Option<String> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let ends_at = body["ends_at"].as_str().and_then(|end| end.parse().ok());
        if ends_at.is_some_and(|end: Timestamp| end <= now) {
            return None;
        }
        let key = body["access_grant_key"].as_str().unwrap_or_default();
        let is_known = |key: &Value| key.as_str().is_some_and(|key| self.identities.contains(key));
        let is_harmless = match path {
            "/access_grants/create" => {
                let is_made = self.grants.iter().any(|grant| grant.key == key);
                is_made || is_known(&body["user_identity"]["user_identity_key"])
            }
            "/user_identities/create" => is_known(&body["user_identity_key"]),
            "/access_grants/delete" | "/access_methods/delete" => status == 404,
            _ => false,
        };
        (!is_harmless).then(|| format!("Seam refuses with {status}: {body}"))
    }
}

/// Pairs of reservations with a person of one e-mail address and variants of one name.
fn of_one_person(desired: &Desired) -> Vec<BTreeSet<String>> {
    let people = || {
        desired.reservations.iter().flat_map(|reservation| {
            let id = &reservation.id;
            reservation
                .grants
                .iter()
                .filter_map(move |grant| Some((id, &grant.full_name, grant.email.as_ref()?)))
        })
    };
    let mut pairs = Vec::new();
    for (n, (id, name, email)) in people().enumerate() {
        for (other, its_name, its_email) in people().skip(n + 1) {
            if id != other && email.folded() == its_email.folded() && is_variant(name, its_name) {
                pairs.push([id.key.to_string(), other.key.to_string()].into());
            }
        }
    }
    pairs
}

/// Property and reservation of the key of a grant of ours.
fn reservation_of(key: &str) -> (&str, &str) {
    let mut parts = key.split(':').skip(1);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// The days of the nights of a span, of a month at most; the hotel is on UTC.
fn nights(from: Timestamp, to: Timestamp) -> impl Iterator<Item = Date> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let first = day(from);
    // A night lies in it where its midnight does.
    let is_in = move |night: &Date| {
        let midnight = night.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC)).map(|at| at.timestamp());
        midnight.is_ok_and(|midnight| from < midnight && midnight < to)
    };
    (0..31).map(move |n| first.saturating_add(n.days())).take_while(is_in)
}

/// A judge that never sees two parties proves nothing.
#[test]
fn two_parties_in_a_room_are_seen() {
    let grant = |key: &str, identity: &str, rooms: &[&str], days: (i8, i8)| {
        let at = |day, hour| {
            let local = jiff::civil::date(2026, 12, day).at(hour, 0, 0, 0);
            local.to_zoned(TimeZone::UTC).expect("a date").timestamp()
        };
        Grant {
            key: key.to_owned(),
            identity: identity.to_owned(),
            spaces: rooms.iter().map(|room| (*room).to_owned()).collect(),
            methods: Vec::new(),
            starts_at: at(days.0, 15),
            ends_at: at(days.1, 11),
        }
    };
    let first = grant("pms::R1:G1:x", "pms:G1", &["lobby", "room-1"], (5, 8));
    let check = |other: Grant, expected: &[&str]| {
        let mut seen = Seen { grants: vec![first.clone()], ..Seen::default() };
        let now = crate::small_world::now();
        seen.runs.insert(1, Run::default());
        assert_eq!(seen.let_in(1, now), Vec::<String>::new());
        seen.grants.push(other);
        let found: Vec<String> = seen
            .let_in(1, now)
            .iter()
            .filter_map(|wrong| Some(wrong.split("night of ").nth(1)?[..10].to_owned()))
            .collect();
        assert_eq!(found, expected, "{:?}", seen.grants);
    };
    check(grant("pms::R2:G2:x", "pms:G2", &["room-1"], (6, 9)), &["2026-12-06", "2026-12-07"]);
    check(grant("pms:P:R1:G2:x", "pms:G2", &["room-1"], (7, 9)), &["2026-12-07"]);
    // A turnover, the lobby, another guest of the reservation, the same guest.
    check(grant("pms::R2:G2:x", "pms:G2", &["room-1"], (8, 9)), &[]);
    check(grant("pms::R2:G2:x", "pms:G2", &["lobby", "room-2"], (6, 9)), &[]);
    check(grant("pms::R1:G2:x", "pms:G2", &["room-1"], (5, 8)), &[]);
    check(grant("pms::R2:G1:x", "pms:G1", &["room-1"], (6, 9)), &[]);
}
