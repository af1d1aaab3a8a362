//! The report for people, as a night manager reads it.

use insta::assert_snapshot;
use reservation_sync::exit_code::ExitCode;
use reservation_sync::plan::{Guard, GuardCheck, GuardScope, Plan};
use reservation_sync::report::document::{Calls, Document, Header, Kind};
use reservation_sync::report::text::{Colour, TextOptions, render};

use super::report_sample::{at, header, outcomes, plan, source_read};

fn text(document: &Document) -> String {
    render(document, TextOptions::default())
}

#[test]
fn a_plan_is_told_by_day_with_what_changes_why_and_for_whom() {
    let document = Document::of_plan(header(Kind::Plan), &source_read(), &plan());
    assert_snapshot!(text(&document), @r"
    Source bookings.csv: 840 rows, 2 reservations (partial: what is absent from it is left alone)
    3 guests will notice it: what opens the door is issued again for 1, something new opens the door for 1, the doors no longer open for 1; 1 of them in the house.

    Mon 2026-11-30
    ~ room-103  Chi Nakamura  LIS/R1001  2026-11-30 15:00Z → 2026-12-04 11:00:30Z  card, code
        until        2026-12-02 11:00Z → 2026-12-04 11:00:30Z
        methods      code → card, code
        why          the departure moved and a card was added (bookings.csv:17)
        impact       in house; what opens the door stops and works again a moment later; a card must be
                     encoded again at the desk

    Tue 2026-12-01
    - room-105  Eli Moreau  LIS/R1002  2026-12-01 15:00Z → 2026-12-05 11:00Z  code
        why          the source says `cancelled` (bookings.csv:17)
        impact       arrives within a day; the guest can no longer open these doors

    Thu 2026-12-03
    + room-101  Ana Sousa  LIS/R1017  2026-12-03 15:00Z → 2026-12-05 11:00Z  code
    + lobby, room-102  Bo\u{202e} Lind\n- all  LIS/R1018  2026-12-03 15:00Z → 2026-12-05 11:00Z  code
    -/+ lobby, room-205  Dana Levi  LIS/R1019  2026-12-03 15:00Z → 2026-12-05 11:00Z  code
        spaces       lobby, room-104 → lobby, room-205
        grant        pms:LIS:R1019:R1019%2F1:0a1b2c3d4e → pms:LIS:R1019:R1019%2F1:ffeeddccbb
        why          the stay moved to another room (bookings.csv:17)
        impact       the guest gets something new to open the door, the old one stops
    ? room-101  Fay Okoro  LIS/R1020  2026-12-03 15:00Z → 2026-12-05 11:00Z  code
        why          room 101 is taken by R1017 on the same night (bookings.csv:17)
        held         a person must decide: give one of the two another unit or other dates
    ? LIS/R1021  pms:LIS:R1021:R1021%2F1:0a1b2c3d4e
        why          no room is assigned yet
        held         nothing to do now

    Guests
    ~ pms:R1001/1  name, telephone number

    Rejected rows
    ! bookings.csv:18  check_in  `31/02/2026` is not a date
        hint         write dates as 2026-12-31
    ! bookings.csv:18  check_out  `31/02/2026` is not a date
        hint         write dates as 2026-12-31
    ! bookings.csv:31  check_out  the check-out is not after the check-in
        hint         mend the row

    Warnings
      bookings.csv:2  phone  this cannot be a telephone number; it is left out
      bookings.csv:3  phone  this cannot be a telephone number; it is left out
      bookings.csv:4  phone  this cannot be a telephone number; it is left out
      bookings.csv:5  phone  this cannot be a telephone number; it is left out
      bookings.csv:6  phone  this cannot be a telephone number; it is left out
        hint         write it as +44 7700 900123
      … and 2 more of the kind bad_phone; --format json lists them all
      bookings.csv  the file looks like yesterday's

    Guests: 1 to create, 1 to update.
    Plan: 2 create, 1 update (1 re-issue in-house), 1 replace, 1 revoke, 2 held, 2 rejected, 810 unchanged. 8 calls, about 00:06; slowest door Lobby.
    ");
}

#[test]
fn a_run_is_told_by_what_came_of_it() {
    let document = Document::of_plan(header(Kind::Run), &source_read(), &plan())
        .with_outcomes(&plan(), outcomes())
        .with_calls(Calls { reads: 12, writes: 8, retries: 2, throttled: 1 })
        .with_exit(ExitCode::Incomplete, at("2026-12-01T02:00:04Z"));
    assert_snapshot!(text(&document), @r#"
    Run 01970000-0000-7000-8000-000000000001 in workspace 11111111-1111-4111-8111-111111111111, 2026-12-01 02:00Z
    Source bookings.csv: 840 rows, 2 reservations (partial: what is absent from it is left alone)
    3 guests notice it: what opens the door is issued again for 1, something new opens the door for 1, the doors no longer open for 1; 1 of them in the house.

    Needs somebody
    ! lobby, room-205  R1019  by 2026-12-01 02:00Z
        what         R1019 has no key: the old grant is gone and the new one is not there; the next run
                     makes it
        command      reservation-sync run

    Mon 2026-11-30
    ~ room-103  Chi Nakamura  LIS/R1001  2026-11-30 15:00Z → 2026-12-04 11:00:30Z  card, code  (it was so already)
        until        2026-12-02 11:00Z → 2026-12-04 11:00:30Z
        methods      code → card, code
        why          the departure moved and a card was added (bookings.csv:17)
        impact       in house; what opens the door stops and works again a moment later; a card must be
                     encoded again at the desk

    Tue 2026-12-01
    - room-105  Eli Moreau  LIS/R1002  2026-12-01 15:00Z → 2026-12-05 11:00Z  code
        why          the source says `cancelled` (bookings.csv:17)
        impact       arrives within a day; the guest can no longer open these doors

    Thu 2026-12-03
    + room-101  Ana Sousa  LIS/R1017  2026-12-03 15:00Z → 2026-12-05 11:00Z  code
    + lobby, room-102  Bo\u{202e} Lind\n- all  LIS/R1018  2026-12-03 15:00Z → 2026-12-05 11:00Z  code  UNKNOWN
        unknown      the answer was lost; the next run finds out what became of it
        source       bookings.csv:17
    -/+ lobby, room-205  Dana Levi  LIS/R1019  2026-12-03 15:00Z → 2026-12-05 11:00Z  code  FAILED
        spaces       lobby, room-104 → lobby, room-205
        grant        pms:LIS:R1019:R1019%2F1:0a1b2c3d4e → pms:LIS:R1019:R1019%2F1:ffeeddccbb
        why          the stay moved to another room (bookings.csv:17)
        impact       the guest gets something new to open the door, the old one stops
        failed       space_not_found: no space has that id; the old grant is gone and the new one is not
                     there: the guest cannot get in until the next run
    ? room-101  Fay Okoro  LIS/R1020  2026-12-03 15:00Z → 2026-12-05 11:00Z  code
        why          room 101 is taken by R1017 on the same night (bookings.csv:17)
        held         a person must decide: give one of the two another unit or other dates
    ? LIS/R1021  pms:LIS:R1021:R1021%2F1:0a1b2c3d4e
        why          no room is assigned yet
        held         nothing to do now

    Guests
    ~ pms:R1001/1  name, telephone number  FAILED
        failed       invalid_input: phone_number [phone] is in use

    Rejected rows
    ! bookings.csv:18  check_in  `31/02/2026` is not a date
        hint         write dates as 2026-12-31
    ! bookings.csv:18  check_out  `31/02/2026` is not a date
        hint         write dates as 2026-12-31
    ! bookings.csv:31  check_out  the check-out is not after the check-in
        hint         mend the row

    Warnings
      bookings.csv:2  phone  this cannot be a telephone number; it is left out
      bookings.csv:3  phone  this cannot be a telephone number; it is left out
      bookings.csv:4  phone  this cannot be a telephone number; it is left out
      bookings.csv:5  phone  this cannot be a telephone number; it is left out
      bookings.csv:6  phone  this cannot be a telephone number; it is left out
        hint         write it as +44 7700 900123
      … and 2 more of the kind bad_phone; --format json lists them all
      bookings.csv  the file looks like yesterday's

    Guests: 1 created, 0 updated, 1 not done.
    Done: 1 created, 1 updated (1 re-issued in-house), 0 replaced, 1 revoked, 2 held, 2 rejected, 810 unchanged in 3.8 s; 1 failed, 1 unknown. 8 calls, 2 repeated.
    "#);
}

#[test]
fn a_dry_run_says_so_in_its_first_line() {
    let header = Header { dry_run: true, ..header(Kind::Run) };
    let document = Document::of_plan(header, &source_read(), &plan());
    let text = text(&document);
    assert_eq!(text.lines().next(), Some("DRY RUN: nothing will be written"));
    assert!(text.lines().last().expect("there are lines").starts_with("Plan: 2 create"), "{text}");
}

#[test]
fn a_plan_without_changes_says_so() {
    let plan = Plan { n_unchanged: 810, ..Plan::default() };
    let document = Document::new(header(Kind::Plan)).with_plan(&plan);
    assert_snapshot!(text(&document), @r"
    Nothing is to change.
    Plan: 0 create, 0 update, 0 replace, 0 revoke, 0 held, 0 rejected, 810 unchanged. 0 calls, about 00:00.
    ");
    let run = Document::new(header(Kind::Run)).with_plan(&plan).with_outcomes(&plan, []);
    assert_snapshot!(text(&run), @r"
    Run 01970000-0000-7000-8000-000000000001 in workspace 11111111-1111-4111-8111-111111111111, 2026-12-01 02:00Z

    Nothing is to change.
    Done: 0 created, 0 updated, 0 replaced, 0 revoked, 0 held, 0 rejected, 810 unchanged in 0.0 s. 0 calls.
    ");
}

#[test]
fn a_run_that_was_stopped_says_by_what_and_what_to_do() {
    let check = GuardCheck {
        guard: Guard::MaxDelete,
        scope: GuardScope::Property("LIS".into()),
        count: 31,
        limit: 10,
        of: 100,
        tripped: true,
        first: Vec::new(),
        records: None,
    };
    let document = Document::new(header(Kind::Run))
        .with_guards(&[check], "reservation-sync run -c lisbon.toml --allow max_delete=31@LIS --reason \"…\"")
        .with_failure("a guard stops this before anything is written", "look at the plan")
        .with_exit(ExitCode::Stopped, at("2026-12-01T02:00:02Z"));
    assert_snapshot!(text(&document), @r#"
    Run 01970000-0000-7000-8000-000000000001 in workspace 11111111-1111-4111-8111-111111111111, 2026-12-01 02:00Z

    Guard max_delete stops this: 31 of at most 10 (LIS)
    Stopped: a guard stops this before anything is written
        hint         look at the plan
                     look at what was counted; if it is right, type
                     reservation-sync run -c lisbon.toml --allow max_delete=31@LIS --reason "…"
    Nothing was written to Seam.
    "#);
    let halfway = Document::of_plan(header(Kind::Run), &source_read(), &plan())
        .with_outcomes(&plan(), outcomes())
        .with_calls(Calls { writes: 8, ..Calls::default() })
        .with_failure("Seam does not answer", "run again later");
    let text = text(&halfway);
    let last = text.lines().last().expect("there are lines");
    assert!(last.starts_with("Until then: 1 created, 1 updated"), "{text}");
}

#[test]
fn colour_adds_nothing_but_colour() {
    let document = Document::of_plan(header(Kind::Plan), &source_read(), &plan());
    let coloured = render(&document, TextOptions { colour: Colour::Always, ..TextOptions::default() });
    let mut plain = coloured.replace("\u{1b}[0m", "");
    for code in ["1", "31", "32", "33", "35", "36"] {
        plain = plain.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_ne!(coloured, plain);
    assert_eq!(plain, text(&document));
}

#[test]
fn no_text_holds_a_character_that_could_mislead() {
    let document = Document::of_plan(header(Kind::Plan), &source_read(), &plan());
    let text = text(&document);
    assert!(text.contains("Bo\\u{202e} Lind\\n- all"), "{text}");
    assert!(!text.chars().any(|c| c == '\u{202e}' || (c.is_control() && c != '\n')));
}

#[test]
fn explanations_are_wrapped_to_the_width() {
    let document = Document::of_plan(header(Kind::Plan), &source_read(), &plan());
    let narrow = render(&document, TextOptions { width: 50, ..TextOptions::default() });
    let explanations = ["why", "impact", "held", "hint"];
    let mut label = "";
    for line in narrow.lines().filter(|line| line.starts_with("    ")) {
        label = line[4..].split(' ').next().filter(|label| !label.is_empty()).unwrap_or(label);
        assert!(!explanations.contains(&label) || line.chars().count() <= 50, "{line}");
    }
    assert!(narrow.contains("\n                 again at the desk\n"), "{narrow}");
}
