//! Properties of a source that the configuration does not know: their units would lead to the doors of another house
//! (RULES 11).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::settings::UnitRule;
use crate::model::{Problem, ProblemCode, Properties, PropertyCode, Reservation, SourcePlace};

/// What is to be done about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnknownProperties {
    /// The source has several, and the configuration knows none of them: nothing can be done.
    All(BTreeSet<PropertyCode>),
    /// The stays of these are held. None where all are known, or where a configuration of one house knows none.
    Held(BTreeMap<PropertyCode, UnknownProperty>),
}

/// The stays of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownProperty {
    n_stays: usize,
    first: SourcePlace,
}

/// Looks at the properties of all stays that are not over. A row without a property is of the house of `[property]`.
pub fn unknown_properties(
    reservations: &[Reservation],
    properties: &Properties,
    rule: &UnitRule,
    now: Timestamp,
) -> UnknownProperties {
    let knows = |code: &PropertyCode| properties.by_code.contains_key(code) || rule.knows_property(code);
    let mut all = BTreeSet::new();
    let mut unknown: BTreeMap<PropertyCode, UnknownProperty> = BTreeMap::new();
    for Reservation { id, stays, .. } in reservations {
        let current = || stays.iter().filter(|stay| !stay.is_over(now)).map(|stay| &stay.source);
        let (Some(first), false) = (current().min(), id.property.as_str().is_empty()) else { continue };
        if !all.contains(&id.property) {
            all.insert(id.property.clone());
        }
        if !knows(&id.property) {
            let met = unknown
                .entry(id.property.clone())
                .or_insert_with(|| UnknownProperty { n_stays: 0, first: first.clone() });
            met.n_stays += current().count();
            met.first = met.first.clone().min(first.clone());
        }
    }
    if unknown.len() == all.len() && all.len() > 1 {
        return UnknownProperties::All(all);
    }
    let is_only_house = properties.by_code.is_empty() && !rule.knows_some_property();
    UnknownProperties::Held(if is_only_house { BTreeMap::new() } else { unknown })
}

impl UnknownProperties {
    /// Those whose stays are held; a source that knows none of its own is refused before anything is mapped.
    pub(super) fn held(&self) -> BTreeSet<PropertyCode> {
        match self {
            Self::All(_) => BTreeSet::new(),
            Self::Held(met) => met.keys().cloned().collect(),
        }
    }

    /// Each of those, told once.
    pub fn problems(&self) -> Vec<Problem> {
        let Self::Held(met) = self else { return Vec::new() };
        let told = |(code, UnknownProperty { n_stays, first }): (&PropertyCode, &UnknownProperty)| {
            let stays = if *n_stays == 1 { "1 stay".to_owned() } else { format!("{n_stays} stays") };
            Problem {
                source: first.clone(),
                column: "property",
                code: ProblemCode::UnknownProperty,
                message: format!("the configuration does not know property `{code}`; {stays} held"),
                hint: format!("add [properties.{code}], or name it in the table of [spaces]"),
            }
        };
        met.iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {

    use super::super::settings::SpaceTemplate;
    use super::super::testing;
    use super::*;
    use crate::model::{ReservationId, Stay};

    fn template(text: &str) -> UnitRule {
        UnitRule::Template(SpaceTemplate::parse(text).expect("a template"))
    }

    fn table(codes: &[&str]) -> UnitRule {
        let row = |code: &&str| ((Some((*code).into()), "1".into()), [].into());
        UnitRule::Table(codes.iter().map(row).chain([((None, "2".into()), [].into())]).collect())
    }

    /// Looks at one stay of each property; those with a `-` before them are over. `None` where all are refused.
    fn held(codes: &[&str], by_code: &[&str], rule: &UnitRule) -> Option<Vec<String>> {
        let default = testing::property();
        let by_code = by_code.iter().map(|code| ((*code).into(), default.clone())).collect();
        let reservation = |code: &&str| {
            let stay = testing::stay();
            let is_over = code.starts_with('-');
            let check_out = if is_over { stay.check_in } else { stay.check_out };
            let id = ReservationId { property: code.trim_start_matches('-').into(), key: "R1".into() };
            Reservation { id, stays: vec![Stay { check_out, ..stay }], n_rejected_rows: 0 }
        };
        let reservations: Vec<Reservation> = codes.iter().map(reservation).collect();
        let now = testing::stay().check_in.instant;
        match unknown_properties(&reservations, &Properties { default, by_code }, rule, now) {
            UnknownProperties::All(_) => None,
            held @ UnknownProperties::Held(_) => {
                assert_eq!(held.problems().len(), held.held().len());
                Some(held.held().iter().map(ToString::to_string).collect())
            }
        }
    }

    #[test]
    fn several_properties_are_refused_where_none_is_known_and_held_beside_a_known_one() {
        let plain = template("room-{unit}");
        let some = |codes: &[&str]| Some(codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>());
        for (codes, by_code, rule, expected) in [
            (&["LIS", "OPO", "FAO"][..], &[][..], &plain, None),
            (&["LIS", "OPO", "FAO"], &["NYC"], &plain, None),
            (&["LIS", "OPO", "FAO"], &["LIS"], &plain, some(&["FAO", "OPO"])),
            (&["LIS", "OPO"], &["LIS", "OPO"], &plain, some(&[])),
            // By the template, and by the table.
            (&["LIS", "OPO"], &[], &template("{property}-{unit}"), some(&[])),
            (&["LIS", "OPO"], &[], &table(&["LIS"]), some(&["OPO"])),
            (&["LIS", "OPO"], &[], &table(&[]), None),
            (&["LIS", "OPO"], &["OPO"], &table(&["LIS"]), some(&[])),
            (&["LIS", "OPO"], &[], &UnitRule::SourceNamesSpaces, None),
            // One house needs no section of its own; another house than the one that is known is held.
            (&["LIS"], &[], &plain, some(&[])),
            (&["", "LIS"], &[], &plain, some(&[])),
            (&["OPO"], &["LIS"], &plain, some(&["OPO"])),
            (&["OPO"], &[], &table(&["LIS"]), some(&["OPO"])),
            // A row without a property is of the house of [property], and a stay that is over needs nothing.
            (&["", "LIS"], &["LIS"], &plain, some(&[])),
            (&["LIS", "-OPO", "-FAO"], &[], &plain, some(&[])),
            (&["LIS", "-OPO"], &["LIS"], &plain, some(&[])),
        ] {
            assert_eq!(held(codes, by_code, rule), expected, "{codes:?} {by_code:?} {rule:?}");
        }
    }
}
