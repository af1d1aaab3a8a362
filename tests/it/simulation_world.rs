//! What a seed decides before anything runs: chance, the clocks, the hotel as Seam knows it, and what the source says
//! from night to night.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reservation_sync::sandbox::{
    DuplicateGrantKey, IdentityOfRefusedGrant, RetryAfterForm, SecondDelete, Seed, Switches, ThrottledBody,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::small_world::{self, N_ROOMS, Night, full_night, night};

/// Chance that follows from a seed. Clones go on from the same place; forks go their own ways.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of a seed for one purpose.
    pub(crate) fn of(seed: u64, purpose: &str) -> Self {
        let mut dice = Self(seed);
        for byte in purpose.bytes() {
            dice.0 = dice.0.wrapping_mul(0x100_0000_01B3) ^ u64::from(byte);
            dice.roll();
        }
        dice
    }

    /// A step of `SplitMix64`.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// From zero to below that.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    /// Whether something happens that happens to so many of a hundred.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of some.
    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let n = usize::try_from(self.below(of.len() as u64)).expect("an index");
        &of[n]
    }

    /// A small number about as often as a large one of the next magnitude.
    pub(crate) fn of_any_size(&mut self, magnitudes: u64) -> u64 {
        let size = 1 << self.below(magnitudes);
        size + self.below(size)
    }

    /// So many milliseconds at most.
    pub(crate) fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.below(most + 1))
    }
}

/// The clocks: Seam's, which is right, and those of the machine of the runs and of its store, which may be set.
#[derive(Debug, Clone)]
pub(crate) struct Clocks {
    began: Instant,
    offsets: Arc<Mutex<Offsets>>,
}

#[derive(Debug, Default)]
struct Offsets {
    host: SignedDuration,
    store: SignedDuration,
}

/// Which clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wall {
    Host,
    Store,
}

impl Clocks {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), offsets: Arc::default() }
    }

    /// Since the beginning, by no clock that can be set.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// By Seam.
    pub(crate) fn seam(&self) -> Timestamp {
        small_world::now() + self.elapsed()
    }

    /// By a clock that may have been set.
    pub(crate) fn wall(&self, wall: Wall) -> Timestamp {
        let offsets = self.offsets.lock().expect("no panic");
        self.seam() + if wall == Wall::Host { offsets.host } else { offsets.store }
    }

    /// Sets a clock, seen from Seam's.
    pub(crate) fn set(&self, wall: Wall, offset: SignedDuration) {
        let mut offsets = self.offsets.lock().expect("no panic");
        match wall {
            Wall::Host => offsets.host = offset,
            Wall::Store => offsets.store = offset,
        }
    }
}

/// The hotel of the small world as the sandbox is told of it: rooms 1 to 3 and the spa belong to reservations; rooms 4
/// and 5, the lobby and the gym are entrances that do not; room 6 has a lock that knows codes only. With strangers,
/// somebody else's grants stand in it, one of them under a reservation key that a guest of ours has too.
pub(crate) fn seed_of_hotel(with_strangers: bool) -> Seed {
    let (mut entrances, mut devices, mut spaces) = (Vec::new(), Vec::new(), Vec::new());
    let rooms = (1..=N_ROOMS).map(|room| format!("room-{room}"));
    for (number, key) in (1_u32..).zip(rooms.chain(["lobby", "gym", "spa"].map(str::to_owned))) {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        if key == "room-6" {
            devices.push(json!({"device_id": id, "name": key}));
            spaces.push(json!({"space_key": key, "name": key, "device_ids": [id]}));
        } else {
            let belongs = number <= 3 || key == "spa";
            entrances.push(json!({"acs_entrance_id": id, "name": key, "can_belong_to_reservation": belongs}));
            spaces.push(json!({"space_key": key, "name": key, "acs_entrance_ids": [id]}));
        }
    }
    let (mut user_identities, mut access_grants) = (Vec::<Value>::new(), Vec::<Value>::new());
    if with_strangers {
        user_identities.push(json!({"user_identity_id": STRANGER, "full_name": "Somebody Else",
            "email_address": "guest1@example.com"}));
        user_identities.push(json!({"user_identity_key": "other:G1", "full_name": "Somebody Else Again"}));
        let window = json!({"starts_at": "2026-12-01T12:00:00Z", "ends_at": "2026-12-20T12:00:00Z",
            "requested_access_methods": [{"mode": "code"}]});
        let grant = |fields: Value| {
            let mut grant = window.clone();
            let (all, more) = (grant.as_object_mut().expect("an object"), fields);
            all.extend(more.as_object().expect("an object").clone());
            grant
        };
        access_grants.push(grant(json!({"user_identity_id": STRANGER, "space_keys": ["room-1"],
            "reservation_key": "R0"})));
        access_grants.push(grant(json!({"user_identity_key": "other:G1", "space_keys": ["room-4"],
            "access_grant_key": "other::R1:G1:x"})));
    }
    let seed = json!({"entrances": entrances, "devices": devices, "spaces": spaces,
        "user_identities": user_identities, "access_grants": access_grants});
    serde_json::from_value(seed).expect("a readable seed")
}

const STRANGER: &str = "00000000-0000-4000-8000-000000000900";

/// What Seam does where it documents nothing.
pub(crate) fn switches(dice: &mut Dice) -> Switches {
    use DuplicateGrantKey::{BadRequest, Conflict, ReturnExisting};
    Switches {
        duplicate_access_grant_key: *dice.one(&[Conflict, Conflict, BadRequest, ReturnExisting]),
        retry_after: *dice.one(&[RetryAfterForm::Seconds, RetryAfterForm::Absent]),
        throttled_body: *dice.one(&[ThrottledBody::Json, ThrottledBody::Empty]),
        second_delete: *dice.one(&[SecondDelete::NotFound, SecondDelete::Ok]),
        identity_of_refused_grant: *dice
            .one(&[IdentityOfRefusedGrant::Dropped, IdentityOfRefusedGrant::Kept]),
        ..Switches::default()
    }
}

/// What kind of nights there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nights {
    /// Each of a few guests has one row, which changes: extended, moved, cancelled, checked in.
    Full,
    /// Anything: rows come and go, guests share rooms, names and addresses, some reads are not whole.
    Any,
}

/// The nights of a seed, each of which keeps some rows of the one before.
pub(crate) fn nights(seed: u64, kind: Nights, n: u64, dice: &mut Dice) -> Vec<Night> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let mut nights: Vec<Night> = Vec::new();
    for _ in 0..n {
        let tree = match kind {
            Nights::Full => full_night().new_tree(&mut runner).map(|tree| tree.current()),
            Nights::Any => night().new_tree(&mut runner).map(|tree| tree.current()),
        };
        let mut night = tree.expect("nothing is filtered");
        if let Some(before) = nights.last() {
            for (row, old) in night.rows.iter_mut().zip(&before.rows) {
                if dice.percent(40) {
                    *row = old.clone();
                }
            }
            if dice.percent(80) {
                night.also.clone_from(&before.also);
            }
        }
        nights.push(night);
    }
    nights
}

/// How often something happened.
pub(crate) type Tally = BTreeMap<&'static str, u64>;
