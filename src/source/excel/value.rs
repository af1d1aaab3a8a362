//! One cell of a workbook as one cell of ours.

use calamine::{Data, DataRef, ExcelDateTime, ExcelDateTimeType};
use jiff::civil::{Date, DateTime, Time};

use crate::source::record::{OwnedCell, Typed};

/// From here on a number is no date in any program.
const FIRST_SERIAL_TOO_LATE: f64 = 2_958_466.0;

/// The cell, as the workbook shows it.
pub(super) fn cell(data: DataRef<'_>) -> OwnedCell {
    match data {
        DataRef::Empty => Typed::Empty.into(),
        DataRef::Error(_) => Typed::Error.into(),
        DataRef::Bool(boolean) => Typed::Boolean(boolean).into(),
        DataRef::Float(number) => Typed::Number(number).into(),
        // As digits: a number of more than 53 bits would be rounded.
        DataRef::Int(number) => number.to_string().into(),
        DataRef::String(text) => text.into(),
        DataRef::SharedString(text) => text.to_owned().into(),
        DataRef::DateTime(serial) => date_cell(serial),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            iso(&text).map_or_else(|| text.into(), OwnedCell::from)
        }
    }
}

/// The same, of a sheet that was read as a whole.
pub(super) fn owned_cell(data: &Data) -> OwnedCell {
    cell(match data {
        Data::Empty => DataRef::Empty,
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(boolean) => DataRef::Bool(*boolean),
        Data::DateTime(serial) => DataRef::DateTime(*serial),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
    })
}

/// A cell that is formatted as a date, a time or a duration.
fn date_cell(serial: ExcelDateTime) -> OwnedCell {
    let number = serial.as_f64();
    let typed = if (0.0..1.0).contains(&number) {
        civil(serial).map(|local| Typed::Time(local.time()))
    } else if serial.is_duration() {
        None
    } else {
        civil(serial).map(date_or_date_time)
    };
    typed.unwrap_or(Typed::Number(number)).into()
}

/// Midnight is how a workbook writes a day without a time: read as an hour it would let the guest out of the room on
/// the morning of departure before it has begun.
fn date_or_date_time(local: DateTime) -> Typed {
    if local.time() == Time::midnight() { Typed::Date(local.date()) } else { Typed::DateTime(local) }
}

/// `None` for the 29 February 1900, which there was not, and for what no calendar has.
fn civil(serial: ExcelDateTime) -> Option<DateTime> {
    let (year, month, day, hour, minute, second, milli) = serial.to_ymd_hms_milli();
    let small = |part: u8| i8::try_from(part).ok();
    DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        i32::from(milli) * 1_000_000,
    )
    .ok()
}

/// `2026-05-17`, `2026-05-17T15:00:00`, `15:00:00` or `PT15H00M00S`.
fn iso(text: &str) -> Option<Typed> {
    if let Ok(local) = text.parse::<DateTime>() {
        return Some(if text.len() <= "2026-05-17".len() {
            Typed::Date(local.date())
        } else {
            date_or_date_time(local)
        });
    }
    if let Ok(date) = text.parse::<Date>() {
        return Some(Typed::Date(date));
    }
    if let Ok(time) = text.parse::<Time>() {
        return Some(Typed::Time(time));
    }
    let duration: jiff::SignedDuration = text.parse().ok()?;
    time_of_seconds(duration.as_secs_f64())
}

fn time_of_seconds(seconds: f64) -> Option<Typed> {
    let day = ExcelDateTime::new(seconds / 86_400.0, ExcelDateTimeType::DateTime, false);
    let is_within_a_day = (0.0..86_400.0).contains(&seconds);
    is_within_a_day.then(|| civil(day)).flatten().map(|local| Typed::Time(local.time()))
}

/// What a column is for, where that decides how a number in it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Days, with or without a time.
    Date,
    /// Times of day.
    Time,
}

/// A number in a column of dates or times that lost its format: the serial that it is, or its digits.
pub(super) fn meant(typed: Typed, purpose: Purpose, is_1904: bool) -> OwnedCell {
    let serial = |number| ExcelDateTime::new(number, ExcelDateTimeType::DateTime, is_1904);
    match (typed, purpose) {
        // Day 0, which a workbook shows as 1899-12-30, 1900-01-00 or 1904-01-01: no date at all.
        (Typed::Number(0.0), Purpose::Date) => Typed::Empty.into(),
        (Typed::Time(time), Purpose::Date) if time == Time::midnight() => Typed::Empty.into(),
        (Typed::Number(number), Purpose::Date) if (1.0..FIRST_SERIAL_TOO_LATE).contains(&number) => {
            date_cell(serial(number))
        }
        (Typed::Number(number), Purpose::Time) if (0.0..1.0).contains(&number) => date_cell(serial(number)),
        // 20260517 and the like: how texts are read decides.
        (Typed::Number(_), Purpose::Date) => typed.text().into_owned().into(),
        (Typed::DateTime(local), Purpose::Time) => Typed::Time(local.time()).into(),
        (typed, _) => typed.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::record::{Cells, OwnedRecord};

    fn check(cell: OwnedCell, text: &str, typed: Option<Typed>) {
        let record = OwnedRecord(vec![cell]);
        assert_eq!((record.text(0), record.typed(0)), (Some(text), typed));
    }

    fn serial(number: f64, is_1904: bool) -> DataRef<'static> {
        DataRef::DateTime(ExcelDateTime::new(number, ExcelDateTimeType::DateTime, is_1904))
    }

    fn typed_text(data: DataRef<'_>) -> String {
        OwnedRecord(vec![cell(data)]).text(0).expect("one cell").to_owned()
    }

    #[test]
    fn a_date_is_the_day_that_the_workbook_shows() {
        assert_eq!(typed_text(serial(46_159.0, false)), "2026-05-17");
        assert_eq!(typed_text(serial(46_159.0 - 1_462.0, true)), "2026-05-17");
        assert_eq!(typed_text(serial(46_159.625, false)), "2026-05-17T15:00:00");
        // What calculating leaves behind.
        assert_eq!(typed_text(serial(46_158.999_999_999_99, false)), "2026-05-17");
        assert_eq!(typed_text(serial(0.270_833_333, false)), "06:30:00");
        assert_eq!(typed_text(serial(0.0, false)), "00:00:00");
    }

    #[test]
    fn a_day_that_there_never_was_stays_a_number() {
        check(cell(serial(60.0, false)), "60", Some(Typed::Number(60.0)));
    }

    #[test]
    fn iso_dates_are_read_in_each_of_their_forms() {
        for (text, expected) in [
            ("2026-05-17", "2026-05-17"),
            ("2026-05-17T00:00:00", "2026-05-17"),
            ("2026-05-17T15:00:00", "2026-05-17T15:00:00"),
            ("2026-05-17T15:00:00.000", "2026-05-17T15:00:00"),
            ("15:00:00", "15:00:00"),
        ] {
            assert_eq!(typed_text(DataRef::DateTimeIso(text.to_owned())), expected, "{text}");
        }
        assert_eq!(typed_text(DataRef::DurationIso("PT06H30M00S".to_owned())), "06:30:00");
        check(cell(DataRef::DurationIso("PT30H00M00S".to_owned())), "PT30H00M00S", None);
    }

    #[test]
    fn a_number_is_a_date_only_where_dates_stand() {
        let meant = |number, purpose| meant(Typed::Number(number), purpose, false);
        check(
            meant(46_159.0, Purpose::Date),
            "2026-05-17",
            Some(Typed::Date(jiff::civil::date(2026, 5, 17))),
        );
        check(meant(0.0, Purpose::Date), "", Some(Typed::Empty));
        check(meant(0.0, Purpose::Time), "00:00:00", Some(Typed::Time(Time::midnight())));
        check(meant(20_260_517.0, Purpose::Date), "20260517", None);
        check(meant(0.625, Purpose::Time), "15:00:00", Some(Typed::Time(jiff::civil::time(15, 0, 0, 0))));
        check(meant(15.0, Purpose::Time), "15", Some(Typed::Number(15.0)));
    }

    #[test]
    fn a_long_number_keeps_its_digits() {
        assert_eq!(typed_text(DataRef::Float(5_134_582_030.0)), "5134582030");
        assert_eq!(typed_text(DataRef::Int(9_007_199_254_740_993)), "9007199254740993");
        assert_eq!(typed_text(DataRef::Float(33_624_532_669.0)), "33624532669");
    }
}
