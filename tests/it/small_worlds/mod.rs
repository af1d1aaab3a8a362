//! Small worlds, all of them: what a plan makes of a few reservations in a few rooms, judged by who can open which room
//! in which hour (RULES 12 to 17, 19 to 25, 29, 30).
//!
//! `just worlds two 0 100000` plays the worlds of a family with these numbers and counts the failures; a sample of each
//! family is played with every run of the tests.

mod cases;
mod hotel;
mod judge;
mod worlds;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::time::Instant;

use reservation_sync::plan::Policy;

use hotel::{Outcome, played};
use judge::judged;
use worlds::{FAMILIES, Family, World};

/// The kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The plan cannot be made, or breaks what it was checked for.
    NoPlan,
    /// Two parties can open a unit who could not before.
    TwoParties,
    /// Two parties can open a unit, and no matter names both.
    TwoPartiesUnsaid,
    /// A stay loses its unit although the source gives it.
    Loses,
    /// A guest opens nothing in an hour of the stay, and did before.
    Outside,
    /// A guest in house opens nothing between two steps.
    OutsideBetween,
    /// A guest in house opens nothing now.
    OutsideNow,
    /// Somebody gets a unit that no row gives.
    Gains,
    /// Somebody gets a unit in which another party is checked in.
    GainsBesideCheckedIn,
    /// A filter, a person, a policy or a limit forbids what is done.
    Withheld,
    /// A stay does not open its unit, and neither a matter nor a held line says so.
    Unsaid,
    /// Nothing stands against a stay, and it does not open its unit.
    NoProgress,
    /// A second plan changes something.
    SecondPlan,
    /// One deletion is refused, and what is sent all the same lets two parties in or leaves a guest outside.
    Refused,
}

type Failure = (Kind, String);

#[test]
fn worlds_of_two_reservations_keep_the_rules() {
    sample("two", 2003);
}

#[test]
fn worlds_of_three_reservations_keep_the_rules() {
    sample("three", 6007);
}

#[test]
fn worlds_of_four_reservations_keep_the_rules() {
    sample("four", 997);
}

#[test]
fn worlds_of_odd_hours_keep_the_rules() {
    sample("times", 20_011);
}

#[test]
fn worlds_of_partial_exports_keep_the_rules() {
    sample("partial", 2003);
}

#[test]
fn families_have_their_worlds() {
    let counts = |name| {
        let numbers = Family::named(name).numbers();
        (name, numbers.end)
    };
    let expected = [
        ("two", 2_471_184),
        ("three", 17_173_512),
        ("four", 3_748_096),
        ("times", 16_032_016),
        ("partial", 2_218_800),
    ];
    assert_eq!(FAMILIES.map(counts), expected);
}

/// Every so many numbers of a family: a step that divides no number of stories meets all of them.
fn sample(family: &str, step: usize) {
    let family = Family::named(family);
    for number in family.numbers().step_by(step) {
        let Some(world) = family.world(number) else { continue };
        let (mut failures, outcome) = look(&world);
        failures.retain(|(kind, _)| !is_open(&world, *kind));
        assert!(failures.is_empty(), "{}", told(&world, &failures, outcome.as_ref()));
    }
}

/// What is known and not decided: under `upsert_only` the old unit of a guest who moved stays, and the next plan, which
/// takes it for a stay of its own, gives back its nights beyond the row that another party has (RULES 15, 21).
fn is_open(world: &World, kind: Kind) -> bool {
    kind == Kind::SecondPlan && world.options.policy == Policy::UpsertOnly
}

/// `WORLDS=two FROM=0 TO=100000 EVERY=1`: a part of a family, with counts, and the first examples of each kind, or of the
/// kind `KIND` only.
#[test]
#[ignore = "run by: just worlds"]
#[expect(clippy::print_stdout, reason = "figures for a person")]
#[expect(clippy::disallowed_methods, reason = "which worlds to play is said outside the configuration")]
fn worlds_of_a_family() {
    let set = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
    let number = |name: &str| set(name).map(|text| text.parse::<u64>().expect("a number"));
    let name = set("WORLDS").unwrap_or_else(|| "two".to_owned());
    let family = Family::named(&name);
    let all = family.numbers();
    let (from, to) = (number("FROM").unwrap_or(0), number("TO").unwrap_or(all.end).min(all.end));
    let every = usize::try_from(number("EVERY").unwrap_or(1)).expect("a small number");
    let only = set("KIND");
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let start = Instant::now();
    let (mut n_worlds, mut n_steps) = (0_u64, 0_usize);
    let mut kinds: BTreeMap<Kind, (u64, Vec<String>)> = BTreeMap::new();
    for number in (from..to).step_by(every) {
        let Some(world) = family.world(number) else { continue };
        n_worlds += 1;
        let (failures, outcome) = look(&world);
        n_steps += outcome.as_ref().map_or(0, |outcome| outcome.states.len() - 1);
        let found: BTreeSet<Kind> = failures.iter().map(|(kind, _)| *kind).collect();
        for kind in found {
            let (n, examples) = kinds.entry(kind).or_default();
            *n += 1;
            let is_wanted = only.as_ref().is_none_or(|only| *only == format!("{kind:?}"));
            if is_wanted && examples.len() < 3 {
                examples.push(told(&world, &failures, outcome.as_ref()));
            }
        }
    }
    set_hook(hook);
    let seconds = start.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
    let rate = n_worlds as f64 / seconds;
    println!(
        "{name} {from}..{to} every {every}: {n_worlds} worlds judged, {n_steps} changes, {rate:.0} a second"
    );
    for (kind, (n, examples)) in kinds {
        println!("{kind:?}: {n} worlds");
        for example in examples {
            println!("{example}");
        }
    }
}

/// What is wrong with a world; a plan that cannot be made is a failure too.
fn look(world: &World) -> (Vec<Failure>, Option<Outcome>) {
    match catch_unwind(AssertUnwindSafe(|| played(world))) {
        Ok(outcome) => (judged(world, &outcome), Some(outcome)),
        Err(panic) => (vec![(Kind::NoPlan, message(&*panic))], None),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// A world and what was wrong with it, to be read.
fn told(world: &World, failures: &[Failure], outcome: Option<&Outcome>) -> String {
    let World { number, before, stays, hidden, options } = world;
    let mut text = format!("world {number}\n");
    for (reservation, unit, span) in before {
        writeln!(text, "  grant R{reservation} unit {unit} {span:?}").expect("a text takes all");
    }
    for (row, word) in stays.iter().map(|row| (row, "row  ")).chain(hidden.iter().map(|row| (row, "hidden")))
    {
        let unit = row.unit.map_or_else(|| "-".to_owned(), |unit| unit.to_string());
        let (reservation, span, standing) = (row.reservation, row.span, row.standing);
        writeln!(text, "  {word} R{reservation} unit {unit} {span:?} {standing:?}")
            .expect("a text takes all");
    }
    writeln!(text, "  {options:?}").expect("a text takes all");
    for line in outcome.iter().flat_map(|outcome| outcome.story.lines()) {
        writeln!(text, "  | {line}").expect("a text takes all");
    }
    for (kind, what) in failures {
        writeln!(text, "  ! {kind:?}: {what}").expect("a text takes all");
    }
    text
}
