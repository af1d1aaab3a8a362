//! What earlier runs left, how much this read can be trusted about what is missing, and what a person allowed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::allowance::Allowance;
use super::commands::Commands;
use super::guards::{Guard, GuardSettings};
use crate::model::{
    Coverage, Fingerprint, Ledger, Properties, PropertyCode, Reservation, SourceKind, SourceRead,
};

/// What a plan is made with beside the source and Seam.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// What earlier runs recorded.
    pub ledger: &'a Ledger,
    /// When to stop and ask.
    pub guards: &'a GuardSettings,
    /// Limits that a person raised for this plan.
    pub allowances: &'a [Allowance],
    /// The commands that the plan prints.
    pub commands: &'a Commands,
    /// What may be concluded from what is missing.
    pub reading: &'a Reading,
    /// Whether a guard has tripped so often that nothing may be taken away (RULES 25).
    pub quarantine: Quarantine,
}

/// Whether changes and revocations are withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quarantine {
    /// They are carried out.
    None,
    /// Only what gives a guest more is carried out.
    Standing,
}

/// What one read says about stays that it does not list.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Whether absence counts at all.
    pub coverage: Coverage,
    /// The bytes that were read; `None` for a source whose every read counts (RULES 21).
    pub fingerprint: Option<Fingerprint>,
    /// The arrivals for which the read is complete.
    pub arrivals: Option<Arrivals>,
    /// Whether also a partial read lists every row of a reservation of which it lists one (RULES 21).
    pub whole_reservations: bool,
    /// The plan is about some reservations only: of others nothing is concluded (RULES 40).
    pub is_limited: bool,
    /// The source was cut, or a row of it has no readable key: of what is missing nothing is concluded (RULES 21).
    pub is_cut: bool,
}

/// A read from which nothing is concluded.
impl Default for Reading {
    fn default() -> Self {
        Self {
            coverage: Coverage::Partial,
            fingerprint: None,
            arrivals: None,
            whole_reservations: false,
            is_limited: false,
            is_cut: false,
        }
    }
}

impl Reading {
    /// A read from which nothing is concluded.
    pub fn partial() -> Self {
        Self::default()
    }

    /// What a read says; `covers` are the first and the last arrival that it lists, counted from today. Whether the
    /// source lists whole reservations is for the caller to add.
    pub fn of(
        source: &SourceRead,
        covers: Option<(SignedDuration, SignedDuration)>,
        properties: &Properties,
    ) -> Self {
        Self {
            coverage: source.coverage,
            fingerprint: match source.kind {
                SourceKind::Csv | SourceKind::Excel => Some(source.fingerprint.clone()),
                SourceKind::Sql => None,
            },
            arrivals: Some(Arrivals {
                properties: properties.clone(),
                days: match covers {
                    Some((from, until)) => Days::FromToday { from, until },
                    None => Days::found(&source.reservations),
                },
            }),
            whole_reservations: false,
            is_limited: false,
            is_cut: false,
        }
    }

    /// Whether the rows of a reservation list its guests and units completely for the nights that they cover.
    pub fn lists_whole_reservations(&self) -> bool {
        self.coverage == Coverage::Complete || self.whole_reservations
    }
}

/// The arrivals for which a read is complete.
#[derive(Debug, Clone)]
pub struct Arrivals {
    /// Their clocks, and how much earlier than the arrival a grant begins.
    properties: Properties,
    days: Days,
}

/// The days of those arrivals.
#[derive(Debug, Clone)]
enum Days {
    /// Those between two days, counted from today at the property.
    FromToday { from: SignedDuration, until: SignedDuration },
    /// Those from the first to the last arrival that the read has at the property; none where it has no row.
    Found(BTreeMap<PropertyCode, (Date, Date)>),
}

impl Days {
    fn found(reservations: &[Reservation]) -> Self {
        let mut found: BTreeMap<PropertyCode, (Date, Date)> = BTreeMap::new();
        for reservation in reservations {
            for stay in &reservation.stays {
                let day = stay.check_in.local.date();
                let (first, last) = found.entry(reservation.id.property.clone()).or_insert((day, day));
                *first = day.min(*first);
                *last = day.max(*last);
            }
        }
        Self::Found(found)
    }
}

impl Arrivals {
    /// Whether a stay whose window begins then would have to be listed.
    pub(super) fn contain(&self, code: &PropertyCode, starts_at: Timestamp, now: Timestamp) -> bool {
        let property = self.properties.get(code);
        let day = |instant: Timestamp| property.time_zone.to_datetime(instant).date();
        let arrival = day(starts_at + property.early_access);
        match &self.days {
            Days::FromToday { from, until } => (day(now + *from)..=day(now + *until)).contains(&arrival),
            Days::Found(found) => {
                found.get(code).is_some_and(|(first, last)| (*first..=*last).contains(&arrival))
            }
        }
    }
}

impl Past<'_> {
    /// How many a person allowed of something that is not done without a word (RULES 22, 23).
    pub(super) fn allowed(&self, guard: Guard, of: u64) -> u64 {
        let bounds = self.allowances.iter().filter(|allowance| allowance.guard == guard);
        bounds.map(|allowance| allowance.limit(of)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::model::Property;

    #[test]
    fn a_complete_read_is_complete_for_the_arrivals_it_covers_by_the_clock_of_the_property() {
        let property = Property {
            time_zone: TimeZone::get("Asia/Bangkok").expect("a zone"),
            country: None,
            check_in: time(15, 0, 0, 0),
            check_out: time(11, 0, 0, 0),
            early_access: SignedDuration::from_hours(2),
            late_exit: SignedDuration::ZERO,
        };
        let properties = Properties { default: property, by_code: BTreeMap::new() };
        let hours = SignedDuration::from_hours;
        let days = Days::FromToday { from: hours(-24), until: hours(48) };
        let within = Arrivals { properties: properties.clone(), days };
        let instant = |text: &str| text.parse::<Timestamp>().expect("an instant");
        // 01:00 on 2 December in Bangkok.
        let now = instant("2026-12-01T18:00:00Z");
        let check = |arrivals: &Arrivals, starts_at: &str, expected: bool| {
            assert_eq!(arrivals.contain(&"".into(), instant(starts_at), now), expected, "{starts_at}");
        };
        check(&within, "2026-11-30T06:00:00Z", false);
        check(&within, "2026-12-01T06:00:00Z", true);
        check(&within, "2026-12-04T06:00:00Z", true);
        check(&within, "2026-12-05T06:00:00Z", false);
        // An early opening belongs to the day of its check-in.
        check(&within, "2026-11-30T15:30:00Z", true);
        let days = (jiff::civil::date(2026, 12, 1), jiff::civil::date(2026, 12, 2));
        let found = Arrivals { properties, days: Days::Found([("".into(), days)].into()) };
        check(&found, "2026-12-02T06:00:00Z", true);
        check(&found, "2026-12-03T06:00:00Z", false);
        assert!(!found.contain(&"OTHER".into(), instant("2026-12-02T06:00:00Z"), now));
    }
}
