//! When a stay is: hours as people write them, history, the far future, and dates that are none (RULES 9, 10).

use std::fmt::Write;

use super::{check_rejected, read, read_with, stay, warned, window};
use crate::model::{Coverage, Moment, ProblemCode, Standing};
use crate::source::field::Field;
use crate::source::settings::{OpenEnd, SourceSettings};
use crate::source::testing::{read_bytes, settings};

#[test]
fn time_that_cannot_be_read_costs_the_hour_and_not_the_stay() {
    for (field, text) in [
        ("check_in_time", "late"),
        ("check_in_time", "25:00"),
        ("check_out_time", "24:30"),
        ("check_in", "2026-05-01 soon"),
        ("check_out", "2026-05-03 after 10"),
        ("check_out", "2026-05-03T25:00"),
    ] {
        let (stay, problem) = warned(&[(field, text)], field, ProblemCode::BadDate);
        assert!(problem.message.contains("the property's is taken"), "{problem}");
        let seen = (stay.check_in.local.to_string(), stay.check_out.local.to_string());
        assert_eq!(
            seen,
            ("2026-05-01T15:00:00".to_owned(), "2026-05-03T11:00:00".to_owned()),
            "{field} {text}"
        );
    }
    // The time in the date cell is what a time column falls back to.
    let fields = [("check_in", "2026-05-01 16:30"), ("check_in_time", "late")];
    assert_eq!(
        warned(&fields, "check_in_time", ProblemCode::BadDate).0.check_in.local.to_string(),
        "2026-05-01T16:30:00"
    );
    // A range is no date with a time behind it.
    check_rejected(&[("check_in", "2026-05-01 - 2026-05-03")], "check_in", ProblemCode::BadDate);
}

/// Reads stays of one guest each; gives `HH:MM..HH:MM` of their check-in and check-out.
fn hours(columns: &str, rows: &[&str]) -> Vec<String> {
    let mut text = format!("reservation_key,unit,{columns}\n");
    for (number, row) in (1..).zip(rows) {
        writeln!(text, "R{number},101,{row}").expect("a string takes all text");
    }
    let read = read_bytes(text.as_bytes(), &settings()).expect("the header is right");
    assert_eq!(read.rejects, [], "{rows:?}");
    let stays = read.reservations.iter().flat_map(|reservation| &reservation.stays);
    stays
        .map(|stay| {
            format!("{}..{}", stay.check_in.local.strftime("%R"), stay.check_out.local.strftime("%R"))
        })
        .collect()
}

#[test]
fn column_of_midnights_is_a_column_of_days() {
    const DATES: &str = "check_in,check_out";
    for [first, second] in [
        ["2026-05-03 00:00:00,2026-05-05 00:00:00", "2026-05-13 00:00,2026-05-15T00:00:00"],
        ["2026-05-03T00:00:00.000Z,2026-05-05T00:00:00Z", "2026-05-13,2026-05-15"],
        ["03/05/2026 00:00,05/05/2026 12:00 AM", "13/05/2026 0:00,15/05/2026 00:00:00"],
        ["3 May 2026 00:00,5 May 2026 00:00", ",2026-05-15"],
    ] {
        let second = if second.starts_with(',') { "2026-05-13,2026-05-15" } else { second };
        assert_eq!(hours(DATES, &[first, second]), ["15:00..11:00"; 2], "{first}");
    }
    // Each column by itself; with one other hour in it, midnight is an hour, whatever stands first.
    let mixed = ["2026-05-03 00:00,2026-05-05 00:00", "2026-05-13 18:00,2026-05-15 00:00"];
    assert_eq!(hours(DATES, &mixed), ["00:00..11:00", "18:00..11:00"]);
    assert_eq!(hours(DATES, &[mixed[1], mixed[0]]), ["18:00..11:00", "00:00..11:00"]);
    assert_eq!(hours("check_in,last_night", &["2026-05-03 00:00,2026-05-04 00:00"]), ["15:00..11:00"]);
}

/// The windows of stays of one guest each, with what is told of them.
fn days(rows: &[&str]) -> (Vec<String>, Vec<String>) {
    let mut text = "reservation_key,unit,check_in,check_out\n".to_owned();
    for (number, row) in (1..).zip(rows) {
        writeln!(text, "R{number:04},101,{row}").expect("a string takes all text");
    }
    let read = read_bytes(text.as_bytes(), &settings()).expect("the header is right");
    assert_eq!(read.rejects, [], "{rows:?}");
    let stays = read.reservations.iter().flat_map(|reservation| &reservation.stays);
    let written = |moment: Moment| moment.local.strftime("%d %R").to_string();
    let windows = stays.map(|stay| format!("{}..{}", written(stay.check_in), written(stay.check_out)));
    (windows.collect(), read.warnings.iter().map(|warning| warning.message.clone()).collect())
}

#[test]
fn one_hour_among_days_is_an_hour_and_the_days_stay_days() {
    let midnights = ["2026-05-03 00:00,2026-05-05 00:00", "2026-05-13 00:00,2026-05-15 00:00"];
    for (odd, expected) in [
        ("2026-05-23 18:00,2026-05-25 00:00", "23 18:00..25 11:00"),
        ("2026-05-23 00:00,2026-05-25 09:30", "23 15:00..25 09:30"),
    ] {
        for rows in [[midnights[0], midnights[1], odd], [odd, midnights[0], midnights[1]]] {
            let (mut windows, told) = days(&rows);
            windows.sort_unstable();
            assert_eq!(windows, ["03 15:00..05 11:00", "13 15:00..15 11:00", expected], "{rows:?}");
            let [told] = &told[..] else { panic!("{told:?}") };
            assert!(told.starts_with("2 of 3 hours are 00:00 and are read as days"), "{told}");
        }
    }
    // Among hours, one midnight is an hour, and a departure at night is told.
    let hours = ["2026-05-03 15:00,2026-05-05 11:00", "2026-05-13 16:00,2026-05-15 10:00"];
    let (windows, told) = days(&[hours[0], "2026-05-23 00:00,2026-05-25 00:00", hours[1]]);
    assert_eq!(windows, ["03 15:00..05 11:00", "23 00:00..25 00:00", "13 16:00..15 10:00"]);
    assert!(matches!(&told[..], [told] if told.contains("in the night, at 00:00")), "{told:?}");
}

#[test]
fn rows_of_stays_that_are_over_do_not_say_what_a_column_is() {
    let past = [
        "2025-05-03 15:00,2025-05-05 11:00",
        "2024-05-13 16:00,2024-05-15 10:00",
        "2023-02-01 16:00,2023-02-03 10:00",
    ];
    let coming = "2026-05-03 00:00:00,2026-05-05 00:00:00";
    for rows in [[past[0], past[1], past[2], coming], [coming, past[0], past[2], past[1]]] {
        let (windows, told) = days(&rows);
        assert!(windows.contains(&"03 15:00..05 11:00".to_owned()), "{rows:?}: {windows:?}");
        assert!(told.is_empty(), "{told:?}");
    }
    // And days of the past make no days of hours to come.
    let (windows, _) = days(&[
        "2025-05-03 00:00,2025-05-05 00:00",
        "2024-05-03 00:00,2024-05-05 00:00",
        "2026-05-03 16:00,2026-05-05 10:00",
    ]);
    assert!(windows.contains(&"03 16:00..05 10:00".to_owned()), "{windows:?}");
}

#[test]
fn arrivals_of_long_ago_do_not_say_what_a_column_is_where_only_nights_end_a_stay() {
    let past = ["2025-05-03 15:00,2", "2024-05-13 16:00,2", "2024-06-13 16:00,2"];
    let rows = [past[0], "2026-05-03 00:00:00,2", past[1], past[2]];
    let hours = hours("check_in,nights", &rows);
    assert_eq!(hours, ["15:00..11:00", "15:00..11:00", "16:00..11:00", "16:00..11:00"]);
    // A stay that goes on counts.
    assert_eq!(
        self::hours("check_in,nights", &["2026-04-03 18:00,40", "2026-05-03 00:00,2"]),
        ["18:00..11:00", "00:00..11:00"]
    );
}

#[test]
fn large_file_is_known_by_its_first_rows() {
    for (hour, other, expected) in [
        ("00:00", "18:00", ["03 15:00..05 11:00", "03 18:00..05 11:00"]),
        ("15:00", "00:00", ["03 15:00..05 11:00", "03 00:00..05 11:00"]),
    ] {
        let end = if hour == "00:00" { "00:00" } else { "11:00" };
        let row = |hour: &str| format!("2026-05-03 {hour},2026-05-05 {end}");
        let (usual, odd) = (row(hour), row(other));
        let rows: Vec<&str> =
            (0..3_000).map(|n| if n % 100 == 50 { odd.as_str() } else { usual.as_str() }).collect();
        let (windows, _) = days(&rows);
        for (n, window) in windows.iter().enumerate() {
            assert_eq!(window, expected[usize::from(n % 100 == 50)], "{n}");
        }
    }
}

#[test]
fn midnight_with_an_offset_is_a_day_as_it_is_written() {
    let zoned = |zone: &str, rows: &str| {
        let text = format!("reservation_key,unit,check_in,check_out\n{rows}");
        let mut settings = settings();
        settings.properties.default.time_zone = jiff::tz::TimeZone::get(zone).expect("a zone");
        let read = read_bytes(text.as_bytes(), &settings).expect("the header is right");
        assert_eq!(read.rejects, [], "{rows}");
        let stays = read.reservations.iter().flat_map(|reservation| &reservation.stays);
        stays.map(|stay| format!("{}..{}", stay.check_in.local, stay.check_out.local)).collect::<Vec<_>>()
    };
    let day = ["2026-06-05T15:00:00..2026-06-08T11:00:00"];
    for (zone, row) in [
        // By the hotel's clock, by UTC, and by the clock of whoever wrote it.
        ("Europe/Berlin", "R1,101,2026-06-05T00:00:00+02:00,2026-06-08T00:00:00+02:00"),
        ("Europe/Berlin", "R1,101,2026-06-04T22:00:00Z,2026-06-07T22:00:00Z"),
        ("Europe/Lisbon", "R1,101,2026-06-04T23:00:00Z,2026-06-07T23:00:00Z"),
        ("America/New_York", "R1,101,2026-06-05T00:00:00.000Z,2026-06-08T00:00:00.000Z"),
        ("Europe/Lisbon", "R1,101,2026-06-05T00:00:00+05:30,2026-06-08T00:00:00+05:30"),
    ] {
        assert_eq!(zoned(zone, row), day, "{zone} {row}");
    }
    // In California 16:00 is midnight by UTC in winter: an hour, where the departure is none.
    assert_eq!(
        zoned("America/Los_Angeles", "R1,101,2026-12-06T00:00:00Z,2026-12-08T19:00:00Z\n"),
        ["2026-12-05T16:00:00..2026-12-08T11:00:00"]
    );
}

#[test]
fn time_column_decides_over_the_time_in_a_date_cell() {
    const COLUMNS: &str = "check_in,check_in_time,check_out,check_out_time";
    let with = "2026-05-03 00:00:00,14:00,2026-05-05 00:00:00,10h30";
    let without = "2026-05-13 00:00:00,,2026-05-15 00:00:00,";
    assert_eq!(hours(COLUMNS, &[with, without]), ["14:00..10:30", "15:00..11:00"]);
    assert_eq!(hours(COLUMNS, &[without, with]), ["15:00..11:00", "14:00..10:30"]);
    // Over a time in the cell too, which a blank time falls back to.
    let rows = ["2026-05-03 09:00,14:00,2026-05-05 13:00,10:00", "2026-05-13 09:00,,2026-05-15 13:00,"];
    assert_eq!(hours(COLUMNS, &rows), ["14:00..10:00", "09:00..13:00"]);
    let instants = ["2026-05-03T09:00:00Z,14:00,2026-05-05T13:00:00+01:00,"];
    assert_eq!(hours(COLUMNS, &instants), ["14:00..13:00"]);
    // A column of nothing but 00:00 says nothing.
    let zeros = ["2026-05-03,00:00,2026-05-05,0:00", "2026-05-13,00:00:00,2026-05-15,12:00 am"];
    assert_eq!(hours(COLUMNS, &zeros), ["15:00..11:00"; 2]);
    let some = ["2026-05-03,00:00,2026-05-05,0:00", "2026-05-13,18:00,2026-05-15,12:00 am"];
    assert_eq!(hours(COLUMNS, &some), ["00:00..11:00", "18:00..11:00"]);
    for (time, expected) in [("24:00", "00:00"), ("11.30", "11:30"), ("1100", "11:00"), ("12 noon", "12:00")]
    {
        assert_eq!(
            hours(COLUMNS, &[&format!("2026-05-03,,2026-05-05,{time}")]),
            [format!("15:00..{expected}")]
        );
    }
    let stay = stay(&[("check_out_time", "24:00")]);
    assert_eq!(stay.check_out.local.to_string(), "2026-05-04T00:00:00");
}

#[test]
fn departure_at_night_is_taken_as_written_with_a_warning() {
    for fields in [
        [("check_out", "2026-05-03 00:30"), ("unit", "101")],
        [("check_out", "2026-05-03"), ("check_out_time", "3:59")],
    ] {
        let (stay, problem) = warned(&fields, "check_out", ProblemCode::Notice);
        assert!(stay.check_out.local.hour() < 4 && problem.message.contains("in the night"), "{problem}");
    }
    for (field, time) in
        [("check_out_time", "04:00"), ("check_out_time", "01:30+1"), ("check_in_time", "01:30")]
    {
        assert_eq!(read(&[(field, time)]).warnings, [], "{field} {time}");
    }
}

#[test]
fn sentinel_dates_are_blank() {
    for sentinel in [
        "1899-12-30",
        "1970-01-01 00:00:00",
        "0001-01-01",
        "30/12/1899",
        "1970-01-01T00:00:00Z",
        "1/0/1900",
        "00-Jan-00",
    ] {
        let stay = stay(&[("cancelled_at", sentinel), ("updated_at", sentinel), ("booked_at", sentinel)]);
        assert_eq!(
            (stay.standing, stay.updated_at, stay.booked_at),
            (Standing::Expected, None, None),
            "{sentinel}"
        );
    }
    assert_eq!(stay(&[("cancelled_at", "1971-01-01")]).standing, Standing::Revoked);
    check_rejected(&[("check_out", "1899-12-30")], "check_out", ProblemCode::Missing);
    check_rejected(&[("check_in", "0001-01-01")], "check_in", ProblemCode::Missing);
    check_rejected(&[("check_out", "00/01/1900")], "check_out", ProblemCode::Missing);
    assert_eq!(
        window(&[("check_out", "1970-01-01"), ("nights", "2")]),
        "2026-05-01 15:00 to 2026-05-03 11:00"
    );
}

#[test]
fn number_of_a_day_is_named_in_the_hint() {
    let hint = read(&[("check_in", "46361")]).rejects[0].hint.clone();
    assert!(hint.contains("46361 is the number that a spreadsheet has for 2026-12-05"), "{hint}");
    let compact = stay(&[("check_in", "20260501"), ("check_out", "20260503")]);
    assert_eq!((compact.check_in, compact.check_out), (stay(&[]).check_in, stay(&[]).check_out));
}

#[test]
fn unit_that_was_taken_for_a_number_is_its_digits_again() {
    let place = |unit| stay(&[("unit", unit)]).place;
    assert_eq!(place("101.0"), place("101"));
    assert_eq!(place("101.0; 102.00"), place("101;102"));
    assert_ne!(place("1.5"), place("1"));
}

#[test]
fn row_without_a_key_makes_the_read_partial_unless_its_stay_is_over() {
    let coverage = |check_in: &str, check_out: &str, status: &str| {
        let read = read(&[
            ("reservation_key", ""),
            ("check_in", check_in),
            ("check_out", check_out),
            ("status", status),
        ]);
        (read.rejects.len(), read.coverage)
    };
    // Nobody loses a key by the absence of a stay that is over.
    assert_eq!(coverage("2026-04-20", "2026-04-30", "confirmed"), (0, Coverage::Complete));
    assert_eq!(coverage("2025-04-20", "2025-04-30", "checked_in"), (0, Coverage::Complete));
    // But of one that goes on, that is to come, of which nobody knows, or of a guest who has not left.
    for (check_in, check_out, status) in [
        ("2026-04-20", "2026-05-02", "confirmed"),
        ("2026-06-20", "2026-06-22", "confirmed"),
        ("2026-04-20", "", "confirmed"),
        ("2026-04-20", "soon", "confirmed"),
        ("2026-04-20", "2026-04-30", "checked_in"),
        ("2026-04-20", "2026-04-25", "Checked-In"),
    ] {
        assert_eq!(
            coverage(check_in, check_out, status),
            (1, Coverage::Partial),
            "{check_in} {check_out} {status}"
        );
    }
}

/// Checks that a row is no reject and counts as past; gives how many of its stays are known.
fn past(fields: &[(&str, &str)]) -> usize {
    let read = read(fields);
    assert_eq!((&read.rejects[..], read.counts.past, read.n_current_rows()), (&[][..], 1, 0), "{fields:?}");
    assert_eq!(read.warnings, [], "{fields:?}");
    assert_eq!(read.coverage, Coverage::Complete, "{fields:?}");
    read.reservations.iter().map(|reservation| reservation.stays.len()).sum()
}

#[test]
fn stays_that_are_over_are_counted_and_never_rejected_whatever_their_age() {
    for year in [1998, 2022, 2025] {
        let (from, to) = (format!("{year}-05-01"), format!("{year}-05-03"));
        let dates = [("check_in", from.as_str()), ("check_out", to.as_str())];
        let with = |field: (&'static str, &'static str)| past(&[dates[0], dates[1], field]);
        assert_eq!(past(&dates), 1);
        // What would only be warned about is not told.
        for field in [("email", "ana at example.com"), ("phone", "12"), ("status", ""), ("code", "x")] {
            assert_eq!(with(field), 1, "{field:?}");
        }
        for field in [
            ("reservation_key", ""),
            ("reservation_key", "1,23E+10"),
            ("property_time_zone", "GMT+2"),
            ("methods", "code; fob"),
            ("opt_out", "maybe"),
            ("nights", "7"),
        ] {
            assert_eq!(with(field), 0, "{field:?}");
        }
        // A departure before the arrival, and an arrival that cannot be read.
        assert_eq!(past(&[("check_in", &to), ("check_out", &from)]), 0);
        assert_eq!(past(&[("check_in", "32/04/2025"), ("check_out", &to)]), 0);
        check_rejected(&[("check_in", &from), ("check_out", "")], "check_out", ProblemCode::Missing);
        check_rejected(&[("check_out", &to)], "check_out", ProblemCode::EndBeforeStart);
    }
    // Where nobody knows the order of the dates, that is told.
    check_rejected(
        &[("check_in", "01/05/2025"), ("check_out", "03/05/2025")],
        "check_in",
        ProblemCode::BadDate,
    );
    // The stay ends at eleven, and it is nine in Lisbon.
    let today = read(&[("check_in", "2026-04-30"), ("check_out", "2026-05-01")]);
    assert_eq!(today.counts.past, 0);
    assert_eq!(past(&[("check_in", "2026-04-29"), ("check_out", "2026-04-30")]), 1);
}

#[test]
fn far_departure_is_cut_to_a_day_that_the_arrival_gives() {
    let cut = |check_in: &str, check_out: &str, day: &str| {
        let fields = [("check_in", check_in), ("check_out", check_out)];
        let (stay, problem) = warned(&fields, "check_out", ProblemCode::ImplausibleDate);
        assert!(problem.message.contains(day), "{problem}");
        assert_eq!(stay.check_out.instant.to_string(), format!("{day}T11:00:00Z"), "{check_in} {check_out}");
    };
    for far in ["2030-01-01", "2099-12-31", "9999-12-31", "2126-05-03T10:00"] {
        cut("2026-05-01", far, "2029-12-31");
    }
    cut("2029-04-30", "2099-12-31", "2032-12-31");
    cut("2022-05-01", "2099-12-31", "2028-12-31");
    cut("1999-05-01", "2099-12-31", "2029-12-31");
    // What is not more than three years ahead, and what is within the year of the arrival, stays as it is.
    let ends = |check_in: &str, check_out: &str| {
        stay(&[("check_in", check_in), ("check_out", check_out)]).check_out.local.date().to_string()
    };
    for (check_in, check_out) in [
        ("2026-05-01", "2029-12-31"),
        ("2026-05-01", "2029-05-02"),
        ("2022-05-01", "2029-05-01"),
        ("2028-05-01", "2030-05-01"),
        ("2029-04-30", "2029-05-03"),
    ] {
        assert_eq!(ends(check_in, check_out), check_out, "{check_in}");
    }
    assert_eq!(window(&[("nights", "9999")]), "2026-05-01 15:00 to 2029-12-31 11:00");
}

#[test]
fn far_departure_is_the_same_day_each_january() {
    let header = "reservation_key,unit,check_in,check_out";
    for check_in in ["2022-05-01", "2026-05-01", "2026-12-05", "2028-02-29"] {
        let text = format!("{header}\nR1,101,{check_in},2099-12-31\n");
        let mut ends = Vec::new();
        for year in 2026..2035 {
            for day in ["01-01", "06-15", "12-31"] {
                let now = format!("{year}-{day}T08:00:00Z").parse().expect("an instant");
                let read = super::super::read_from(text.as_bytes(), "bookings.csv", &settings(), now)
                    .expect("the header is right");
                let end = read.reservations[0].stays[0].check_out.local.date();
                assert!(end.year() > year || (end.year() == year && day == "01-01"), "{year}-{day}: {end}");
                ends.push(end);
            }
        }
        ends.dedup();
        // At most once in three years.
        assert!(
            ends.len() <= 4 && ends.windows(2).all(|pair| pair[1].year() == pair[0].year() + 3),
            "{ends:?}"
        );
    }
}

#[test]
fn blank_departure_is_an_open_end_where_that_is_allowed() {
    let allowing = SourceSettings { open_end: OpenEnd::Allow, ..settings() };
    for blank in ["", "NULL", "1899-12-30", "0000-00-00"] {
        let read = read_with(&allowing, &[("check_out", blank)]);
        if blank == "0000-00-00" {
            // No date of a text file; a database says that it is none.
            assert_eq!(read.rejects.len(), 1);
            continue;
        }
        assert_eq!((&read.rejects[..], read.counts.past), (&[][..], 0), "{blank}");
        assert_eq!(read.reservations[0].stays[0].check_out, Moment::OPEN_END, "{blank}");
    }
    // What says when it ends is taken, and an arrival years ago needs no departure.
    let nights = read_with(&allowing, &[("check_out", ""), ("nights", "2")]);
    assert_eq!(nights.reservations[0].stays[0].check_out.local.to_string(), "2026-05-03T11:00:00");
    let old = read_with(&allowing, &[("check_in", "2021-05-01"), ("check_out", "")]);
    assert_eq!((&old.rejects[..], old.counts.past), (&[][..], 0));
    check_rejected(&[("check_out", "")], "check_out", ProblemCode::Missing);
}

#[test]
fn header_without_status_is_told_unless_it_is_said() {
    let told = |text: &str, settings: &SourceSettings| {
        let now = "2026-05-01T08:00:00Z".parse().expect("an instant");
        let read = super::super::read_from(text.as_bytes(), "bookings.csv", settings, now)
            .expect("the header is right");
        read.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let mut said = settings();
    said.columns.headers.insert(Field::Status, Vec::new());
    let header = "reservation_key,unit,check_in,check_out";
    let [warning] = &told(header, &settings())[..] else { panic!("one warning") };
    assert!(
        warning.contains("every row counts as a booking") && warning.contains("status = []"),
        "{warning}"
    );
    assert_eq!(told(header, &said), [""; 0]);
    assert_eq!(told(&format!("{header},status"), &settings()), [""; 0]);
    let [warning] = &told(&format!("{header},cancelled_at"), &settings())[..] else { panic!("one warning") };
    assert!(warning.contains("every row that is not marked as cancelled counts"), "{warning}");
}
