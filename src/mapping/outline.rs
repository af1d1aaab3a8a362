//! Where the rows lead by the rules alone, without Seam: for a check before anything is connected.

use std::collections::{BTreeMap, BTreeSet};

use super::places::{NoPlace, keys_of, nearest, told};
use super::settings::UnitRule;
use crate::model::{Place, Problem, PropertyCode, Reservation, SourcePlace, SpaceKey, Standing, Stay, Unit};

/// What the rules say of all stays that want a door.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The units that lead somewhere, by property.
    pub units: BTreeSet<(PropertyCode, Unit)>,
    /// The spaces that they lead to; whether Seam has them is not known here.
    pub spaces: BTreeSet<SpaceKey>,
    /// Units that lead nowhere, each told once with the number of its stays.
    pub problems: Vec<Problem>,
}

/// Follows every stay that wants a door from its unit to the keys of its spaces.
pub fn outline(reservations: &[Reservation], rule: &UnitRule) -> Outline {
    let mut outline = Outline::default();
    let mut unmapped = BTreeMap::<(PropertyCode, Unit), (usize, SourcePlace)>::new();
    for reservation in reservations {
        let property = &reservation.id.property;
        for stay in reservation.stays.iter().filter(|stay| wants_a_door(stay)) {
            match &stay.place {
                Place::Unassigned => {}
                Place::Spaces(keys) => outline.spaces.extend(keys.iter().cloned()),
                Place::Units(units) => {
                    for unit in units {
                        let key = (property.clone(), unit.clone());
                        if let Ok(spaces) = keys_of(unit, property, rule) {
                            outline.units.insert(key);
                            outline.spaces.extend(spaces);
                        } else {
                            let (n_stays, first) =
                                unmapped.entry(key).or_insert_with(|| (0, stay.source.clone()));
                            *n_stays += 1;
                            *first = first.clone().min(stay.source.clone());
                        }
                    }
                }
            }
        }
    }
    let known: BTreeSet<&str> = match rule {
        UnitRule::Table(table) => table.keys().map(|(_, unit)| unit.as_str()).collect(),
        UnitRule::Template(_) | UnitRule::SourceNamesSpaces => BTreeSet::new(),
    };
    outline.problems = unmapped
        .into_iter()
        .map(|((property, unit), (n_stays, source))| {
            let wanted = if property.as_str().is_empty() {
                format!("unit `{unit}`")
            } else {
                format!("unit `{unit}` of `{property}`")
            };
            let (message, hint) = match rule {
                UnitRule::Table(_) => (
                    format!("{wanted} is not in the table of spaces"),
                    match nearest(unit.as_str(), known.iter().copied()) {
                        known if known.is_empty() => "add the unit to the table of spaces".to_owned(),
                        known => format!(
                            "add the unit to the table of spaces; the nearest units there are {}",
                            known.join(", ")
                        ),
                    },
                ),
                UnitRule::Template(_) | UnitRule::SourceNamesSpaces => (
                    format!("nothing says which space {wanted} is"),
                    "set `key` or `table` in [spaces], or give the source a column space_key".to_owned(),
                ),
            };
            told(source, message, n_stays, hint)
        })
        .collect();
    outline
}

/// The keys of the spaces that one stay leads to; `None` where one of its units leads nowhere.
pub fn spaces_of_stay(stay: &Stay, property: &PropertyCode, rule: &UnitRule) -> Option<BTreeSet<SpaceKey>> {
    match &stay.place {
        Place::Unassigned => Some(BTreeSet::new()),
        Place::Spaces(keys) => Some(keys.iter().cloned().collect()),
        Place::Units(units) => {
            let sets: Result<Vec<BTreeSet<SpaceKey>>, NoPlace> =
                units.iter().map(|unit| keys_of(unit, property, rule)).collect();
            sets.ok().map(|sets| sets.into_iter().flatten().collect())
        }
    }
}

/// The keys of the spaces that a unit leads to; `None` where it leads nowhere.
pub fn spaces_of_unit(unit: &Unit, property: &PropertyCode, rule: &UnitRule) -> Option<BTreeSet<SpaceKey>> {
    keys_of(unit, property, rule).ok()
}

fn wants_a_door(stay: &Stay) -> bool {
    !stay.opted_out && matches!(stay.standing, Standing::Expected | Standing::CheckedIn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{SpaceTemplate, testing};
    use crate::model::{ReservationId, ReservationKey};

    fn stay(row: u64, place: Place, standing: Standing) -> Stay {
        let source = SourcePlace { container: "a.csv".into(), row };
        Stay { place, standing, source, ..testing::stay() }
    }

    /// Outlines stays in `101 102`-like units; gives units, spaces and problems as words.
    fn check(units: &[&str], rule: &UnitRule, n_units: usize, spaces: &[&str], problems: &[&str]) {
        let stays = (2..)
            .zip(units)
            .map(|(row, unit)| stay(row, Place::Units([Unit::new(unit)].into()), Standing::Expected))
            .collect();
        let id = ReservationId { property: PropertyCode::new("CASA"), key: ReservationKey::new("R1") };
        let outline = outline(&[Reservation { id, stays, n_rejected_rows: 0 }], rule);
        let told: Vec<String> = outline.problems.iter().map(ToString::to_string).collect();
        let keys: Vec<&str> = outline.spaces.iter().map(SpaceKey::as_str).collect();
        assert_eq!(
            (outline.units.len(), keys.as_slice(), told),
            (n_units, spaces, problems.iter().map(|problem| (*problem).to_owned()).collect())
        );
    }

    #[test]
    fn a_unit_that_is_not_in_the_table_is_told_once_with_its_stays_and_its_likes() {
        let table = [("101", "room-101"), ("102", "room-102"), ("102", "annex")];
        let mut spaces = BTreeMap::<_, BTreeSet<SpaceKey>>::new();
        for (unit, space) in table {
            spaces.entry((None, Unit::new(unit))).or_default().insert(SpaceKey::new(space));
        }
        check(
            &["102", "1O1", "1O1", "penthouse"],
            &UnitRule::Table(spaces),
            1,
            &["annex", "room-102"],
            &[
                "a.csv:3: unit: unit `1O1` of `CASA` is not in the table of spaces; 2 stays held (hint: add the unit \
                 to the table of spaces; the nearest units there are `101`)",
                "a.csv:5: unit: unit `penthouse` of `CASA` is not in the table of spaces; 1 stay held (hint: add the \
                 unit to the table of spaces)",
            ],
        );
    }

    #[test]
    fn a_template_leads_every_unit_somewhere_and_no_rule_leads_none() {
        let template = SpaceTemplate::parse("room-{unit}").expect("a template");
        check(&["101", "101", "102"], &UnitRule::Template(template), 2, &["room-101", "room-102"], &[]);
        check(
            &["101"],
            &UnitRule::SourceNamesSpaces,
            0,
            &[],
            &[
                "a.csv:2: unit: nothing says which space unit `101` of `CASA` is; 1 stay held (hint: set `key` or \
               `table` in [spaces], or give the source a column space_key)",
            ],
        );
    }

    #[test]
    fn only_stays_that_want_a_door_are_outlined() {
        let id = ReservationId { property: PropertyCode::new(""), key: ReservationKey::new("R1") };
        let spaces = || Place::Spaces(["lobby".into()].into());
        let stays = vec![
            stay(2, spaces(), Standing::CheckedIn),
            stay(3, Place::Units(["9".into()].into()), Standing::Revoked),
            Stay { opted_out: true, ..stay(4, Place::Units(["9".into()].into()), Standing::Expected) },
            stay(5, Place::Unassigned, Standing::Expected),
        ];
        let outline = outline(&[Reservation { id, stays, n_rejected_rows: 0 }], &UnitRule::SourceNamesSpaces);
        assert_eq!((outline.units.len(), outline.spaces.len(), outline.problems), (0, 1, Vec::new()));
    }
}
