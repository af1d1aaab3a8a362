//! Both dates of a stay in one cell: `05/17/2026 - 05/20/2026`, or `5/17-5/19/2026`, where the year stands once.
//!
//! A column that is the arrival and also the departure, or the last night, holds a range. A cell with one date is both.

use jiff::civil::Date;

use super::dates::{When, parse_when};
use super::settings::DateOrder;

/// A stay over the new year may borrow the year of its end; one that would be longer shows that its dates are wrong.
const MOST_NIGHTS_OVER_NEW_YEAR: i32 = 183;

/// The two texts of a range. A first one without a year has that of the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: String,
    pub(super) second: String,
    /// The year of the first is that of the second, or the one before where the stay goes over the new year.
    borrows_year: bool,
}

impl Range {
    /// Takes a cell apart; `None` where the separator stands in it more than once.
    pub(super) fn of(cell: &str, separator: &str) -> Option<Self> {
        let Some((first, second)) = cell.split_once(separator) else {
            return Some(Self { first: cell.to_owned(), second: cell.to_owned(), borrows_year: false });
        };
        if second.contains(separator) {
            return None;
        }
        let (first, second) = (first.trim(), second.trim());
        Some(match with_year_of(first, second) {
            Some(first) => Self { first, second: second.to_owned(), borrows_year: true },
            None => Self { first: first.to_owned(), second: second.to_owned(), borrows_year: false },
        })
    }

    /// The two dates, each in its order.
    pub(super) fn read(&self, orders: [DateOrder; 2]) -> Option<(When, When)> {
        let Self { first, second, borrows_year } = self;
        let (first, second) = (parse_when(first, orders[0])?, parse_when(second, orders[1])?);
        match (first, second) {
            (When::Date(from), When::Date(to)) if *borrows_year && from > to => {
                Some((When::Date(year_before(from, to).unwrap_or(from)), second))
            }
            _ => Some((first, second)),
        }
    }
}

fn year_before(from: Date, to: Date) -> Option<Date> {
    let before = from.with().year(from.year() - 1).build().ok()?;
    ((to - before).get_days() <= MOST_NIGHTS_OVER_NEW_YEAR).then_some(before)
}

/// `5/17` beside `5/19/2026` as `5/17/2026`.
fn with_year_of(first: &str, second: &str) -> Option<String> {
    let separator = first.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '.'))?;
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = first.split(separator).filter(is_number).collect();
    let (_, year) = second.rsplit_once(separator).filter(|(_, year)| is_number(year))?;
    (parts.len() == 2 && second.matches(separator).count() == 2)
        .then(|| format!("{}{separator}{}{separator}{year}", parts[0], parts[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cell: &str, separator: &str, order: DateOrder, expected: Option<&str>) {
        let read = Range::of(cell, separator).and_then(|range| range.read([order, order]));
        let told = read.map(|(first, second)| match (first, second) {
            (When::Date(first), When::Date(second)) => format!("{first}..{second}"),
            other => format!("{other:?}"),
        });
        assert_eq!(told.as_deref(), expected, "{cell}");
    }

    #[test]
    fn a_range_is_taken_apart_at_its_separator_and_a_single_date_is_both() {
        const MDY: DateOrder = DateOrder::MonthDayYear;
        check("05/17/2026 - 05/20/2026", " - ", MDY, Some("2026-05-17..2026-05-20"));
        check("5/17/2026-5/19/2026", "-", MDY, Some("2026-05-17..2026-05-19"));
        check("5/17/2026", "-", MDY, Some("2026-05-17..2026-05-17"));
        check("2026-05-17 - 2026-05-20", " - ", DateOrder::YearMonthDay, Some("2026-05-17..2026-05-20"));
        check("2026-05-17-2026-05-20", "-", DateOrder::YearMonthDay, None);
        check("5/17/2026-", "-", MDY, None);
    }

    #[test]
    fn a_year_that_stands_once_is_that_of_the_end() {
        const MDY: DateOrder = DateOrder::MonthDayYear;
        check("5/17-5/19/2026", "-", MDY, Some("2026-05-17..2026-05-19"));
        check("12/30-1/2/2027", "-", MDY, Some("2026-12-30..2027-01-02"));
        check("30.12.-2.1.2027", "-", DateOrder::DayMonthYear, Some("2026-12-30..2027-01-02"));
        check("2/29-3/1/2028", "-", MDY, Some("2028-02-29..2028-03-01"));
        // No stay of a year, but two dates the wrong way round.
        check("12/8-12/7/2026", "-", MDY, Some("2026-12-08..2026-12-07"));
        check("17-5/19/2026", "-", MDY, None);
        check("5/17-19", "-", MDY, None);
    }
}
