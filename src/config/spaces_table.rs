//! The table that leads from units to spaces: `unit,space_key[,property]`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{PropertyCode, SpaceKey, Unit};

/// Spaces by unit; an entry for a property goes before one for all.
pub(super) type Spaces = BTreeMap<(Option<PropertyCode>, Unit), BTreeSet<SpaceKey>>;

/// Reads the table; every line that cannot be used gives a problem with its number.
pub(super) fn parse(text: &str) -> (Spaces, Vec<(u64, &'static str)>) {
    let mut spaces = Spaces::new();
    let mut problems = Vec::new();
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n") + "\n";
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(str::to_lowercase).collect(),
        Err(_) => Vec::new(),
    };
    let position = |name: &str| header.iter().position(|seen| seen == name);
    let (Some(unit_position), Some(space_position)) = (position("unit"), position("space_key")) else {
        return (
            spaces,
            vec![(1, "the first line must name the columns unit, space_key and, if wanted, property")],
        );
    };
    let property_position = position("property");
    let mut record = csv::StringRecord::new();
    loop {
        let more = reader.read_record(&mut record);
        let line = reader.position().line().saturating_sub(1).max(2);
        match more {
            Ok(false) => break,
            Err(_) => problems.push((line, "the line cannot be read")),
            Ok(true) => {
                let cell = |position: usize| record.get(position).filter(|cell| !cell.is_empty());
                match (cell(unit_position), cell(space_position)) {
                    (Some(unit), Some(space)) => {
                        let property = property_position.and_then(cell).map(PropertyCode::new);
                        spaces.entry((property, Unit::new(unit))).or_default().insert(SpaceKey::new(space));
                    }
                    (None, None) if record.iter().all(str::is_empty) => {}
                    (None, _) => problems.push((line, "the unit is blank")),
                    (_, None) => problems.push((line, "the space_key is blank")),
                }
            }
        }
    }
    if spaces.is_empty() && problems.is_empty() {
        problems.push((1, "the table has no rows"));
    }
    (spaces, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_may_have_several_spaces_and_a_property_its_own() {
        let text = "\u{feff}Unit, space_key ,property\r\n101,room-101,\r\n101,annex-101,\r\n\r\n101,casa-101,CASA\r\n";
        let (spaces, problems) = parse(text);
        assert_eq!(problems, []);
        let of = |property: Option<&str>| {
            spaces[&(property.map(PropertyCode::new), Unit::new("101"))]
                .iter()
                .map(SpaceKey::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(None), ["annex-101", "room-101"]);
        assert_eq!(of(Some("CASA")), ["casa-101"]);
    }

    fn check(text: &str, expected: &[(u64, &str)]) {
        assert_eq!(parse(text).1, expected, "{text}");
    }

    #[test]
    fn every_line_that_cannot_be_used_is_told() {
        check(
            "unit,space_key\n,room-101\n102\n\n103,room-103\n104,",
            &[(2, "the unit is blank"), (3, "the space_key is blank"), (6, "the space_key is blank")],
        );
        check(
            "room,space\n101,room-101\n",
            &[(1, "the first line must name the columns unit, space_key and, if wanted, property")],
        );
        check("unit,space_key\n", &[(1, "the table has no rows")]);
        check("", &[(1, "the first line must name the columns unit, space_key and, if wanted, property")]);
    }
}
