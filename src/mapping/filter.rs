//! Which reservations a plan is about, where it is not about all of them (RULES 40).
//!
//! A filter is applied after the mapping: reservations outside it are read, occupy their units, claim their contacts and
//! keep their grants as ever. It only decides whose grants and identities may be changed.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::model::{PropertyCode, Reservation, ReservationId, ReservationKey, Standing};

/// The reservations that a plan may touch; the default is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReservationFilter {
    /// Only those of these properties; of every property where it is empty.
    pub properties: BTreeSet<PropertyCode>,
    /// Only these, as `KEY` or `PROPERTY/KEY`; any where it is empty.
    pub keys: BTreeSet<ReservationKey>,
    /// None of these, whatever else is said.
    pub excluded: BTreeSet<ReservationKey>,
    /// Only those that arrive on that day or later, by the property's calendar.
    pub from: Option<Date>,
    /// Only those that arrive on that day or earlier.
    pub to: Option<Date>,
    /// Only a share of them.
    pub wave: Option<Wave>,
}

/// A share of all reservations, always the same ones: a larger wave holds every smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wave {
    hundredths_of_percent: u16,
}

const WHOLE: u16 = 10_000;

/// Why a text is not a wave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentage above 0% and up to 100%, such as 10% or 0.5%")]
pub struct WaveError(String);

impl FromStr for Wave {
    type Err = WaveError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || WaveError(text.to_owned());
        let number = text.strip_suffix('%').ok_or_else(bad)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || part.len() > 2 || !digits(whole) || !digits(part) {
            return Err(bad());
        }
        let hundredths: u16 = format!("{part:0<2}").parse().map_err(|_| bad())?;
        let whole: u16 = whole.parse().map_err(|_| bad())?;
        let hundredths_of_percent = whole * 100 + hundredths;
        if (1..=WHOLE).contains(&hundredths_of_percent) {
            Ok(Self { hundredths_of_percent })
        } else {
            Err(bad())
        }
    }
}

impl fmt::Display for Wave {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hundredths_of_percent } = self;
        let (whole, part) = (hundredths_of_percent / 100, hundredths_of_percent % 100);
        match part {
            0 => write!(formatter, "{whole}%"),
            part => write!(formatter, "{}%", format!("{whole}.{part:02}").trim_end_matches('0')),
        }
    }
}

impl Wave {
    /// Whether a reservation is in it. The hash is of the name alone, so that the answer never changes.
    fn holds(self, id: &ReservationId) -> bool {
        let hash = blake3::hash(id.to_string().as_bytes());
        let first: [u8; 8] = hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes");
        u64::from_be_bytes(first) % u64::from(WHOLE) < u64::from(self.hundredths_of_percent)
    }
}

impl ReservationFilter {
    /// Whether it is about every reservation.
    pub fn is_unrestricted(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a reservation of the source is inside.
    pub fn holds(&self, reservation: &Reservation) -> bool {
        let Self { properties, keys, excluded, from, to, wave } = self;
        let id = &reservation.id;
        let arrival = arrival(reservation);
        (properties.is_empty() || properties.contains(&id.property))
            && (keys.is_empty() || names(keys, id))
            && !names(excluded, id)
            && from.is_none_or(|from| arrival.is_some_and(|arrival| arrival >= from))
            && to.is_none_or(|to| arrival.is_some_and(|arrival| arrival <= to))
            && wave.is_none_or(|wave| wave.holds(id))
    }

    /// Those of the source that are not inside.
    pub fn outside(&self, reservations: &[Reservation]) -> BTreeSet<ReservationId> {
        if self.is_unrestricted() {
            return BTreeSet::new();
        }
        reservations.iter().filter(|r| !self.holds(r)).map(|r| r.id.clone()).collect()
    }

    /// The flags that name something which none of the known reservations has: a slip of the pen. Days and the wave may
    /// well match nothing (RULES 27).
    pub fn unmatched<'i>(&self, known: &(impl Iterator<Item = &'i ReservationId> + Clone)) -> Vec<String> {
        let Self { properties, keys, excluded, from: _, to: _, wave: _ } = self;
        let has_property = |code: &&PropertyCode| known.clone().any(|id| id.property == **code);
        let has_key = |key: &&ReservationKey| known.clone().any(|id| is_named(key, id));
        let properties = properties.iter().filter(|code| !has_property(code));
        let keys = keys.iter().filter(|key| !has_key(key));
        let excluded = excluded.iter().filter(|key| !has_key(key));
        properties
            .map(|code| format!("--property {code}"))
            .chain(keys.map(|key| format!("--reservation {key}")))
            .chain(excluded.map(|key| format!("--exclude {key}")))
            .collect()
    }

    /// The flags that say the same, each with its value.
    pub fn flags(&self) -> Vec<(&'static str, String)> {
        let Self { properties, keys, excluded, from, to, wave } = self;
        let mut flags = Vec::new();
        flags.extend(properties.iter().map(|code| ("--property", code.to_string())));
        flags.extend(keys.iter().map(|key| ("--reservation", key.to_string())));
        flags.extend(excluded.iter().map(|key| ("--exclude", key.to_string())));
        flags.extend(from.iter().map(|day| ("--from", day.to_string())));
        flags.extend(to.iter().map(|day| ("--to", day.to_string())));
        flags.extend(wave.iter().map(|wave| ("--wave", wave.to_string())));
        flags
    }
}

fn names(keys: &BTreeSet<ReservationKey>, id: &ReservationId) -> bool {
    !keys.is_empty() && keys.iter().any(|key| is_named(key, id))
}

fn is_named(key: &ReservationKey, id: &ReservationId) -> bool {
    *key == id.key || key.as_str() == id.to_string()
}

/// The first day of a reservation at its property; a cancelled row counts only where there is no other.
fn arrival(reservation: &Reservation) -> Option<Date> {
    let first = |counts: fn(Standing) -> bool| {
        let stays = reservation.stays.iter().filter(move |stay| counts(stay.standing));
        stays.map(|stay| stay.check_in.local.date()).min()
    };
    first(|standing| standing != Standing::Revoked).or_else(|| first(|_| true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(property: &str, key: &str) -> ReservationId {
        ReservationId { property: property.into(), key: key.into() }
    }

    #[test]
    fn a_wave_is_a_percentage_with_a_sign() {
        for (text, expected) in
            [("10%", "10%"), ("0.5%", "0.5%"), ("100%", "100%"), ("007%", "7%"), ("2.25%", "2.25%")]
        {
            assert_eq!(text.parse::<Wave>().map(|wave| wave.to_string()), Ok(expected.to_owned()), "{text}");
        }
        for bad in
            ["", "%", "10", "0%", "0.00%", "101%", "100.01%", "-1%", "+1%", "1.234%", ".5%", "1e1%", "ten%"]
        {
            assert_eq!(bad.parse::<Wave>(), Err(WaveError(bad.to_owned())), "{bad}");
        }
    }

    #[test]
    fn a_larger_wave_holds_every_smaller_one_and_each_has_about_its_share() {
        let waves = ["1%", "10%", "50%", "100%"].map(|text| text.parse::<Wave>().expect("a wave"));
        let mut counts = [0; 4];
        for n in 0..10_000 {
            let id = id("LIS", &format!("R{n}"));
            let inside = waves.map(|wave| wave.holds(&id));
            assert!(inside.is_sorted(), "{id}");
            for (count, inside) in counts.iter_mut().zip(inside) {
                *count += usize::from(inside);
            }
        }
        assert!((60..140).contains(&counts[0]) && (900..1_100).contains(&counts[1]), "{counts:?}");
        assert!((4_800..5_200).contains(&counts[2]) && counts[3] == 10_000, "{counts:?}");
    }

    #[test]
    fn the_first_wave_never_changes() {
        let wave: Wave = "10%".parse().expect("a wave");
        let inside: Vec<String> =
            (0..40).map(|n| format!("R{n}")).filter(|key| wave.holds(&id("", key))).collect();
        assert_eq!(inside, ["R11", "R18", "R20", "R24", "R25", "R32", "R35"]);
    }

    #[test]
    fn filter_names_nothing_known() {
        let known = [id("LIS", "R1"), id("LIS", "R2"), id("OPO", "R1")];
        let check = |filter: ReservationFilter, expected: &[&str]| {
            assert_eq!(filter.unmatched(&known.iter()), expected, "{filter:?}");
        };
        let all = ReservationFilter::default;
        check(all(), &[]);
        check(
            ReservationFilter { properties: ["LIS".into(), "FAO".into()].into(), ..all() },
            &["--property FAO"],
        );
        check(ReservationFilter { keys: ["R1".into(), "OPO/R1".into()].into(), ..all() }, &[]);
        check(
            ReservationFilter { keys: ["OPO/R2".into(), "R".into()].into(), ..all() },
            &["--reservation OPO/R2", "--reservation R"],
        );
        check(ReservationFilter { excluded: ["R2".into(), "r2".into()].into(), ..all() }, &["--exclude r2"]);
        let nobody = ReservationFilter { to: Some(Date::MIN), wave: "0.01%".parse().ok(), ..all() };
        check(nobody, &[]);
    }
}
