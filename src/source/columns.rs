//! From the header of a source to the position of each field.

use std::collections::BTreeSet;

use super::field::Field;
use super::settings::ColumnMap;

/// Where each field stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    positions: [Option<usize>; Field::ALL.len()],
    n_columns: usize,
}

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HeaderProblem {
    pub(super) wanting: Vec<String>,
    pub(super) twice: Vec<String>,
}

impl Columns {
    /// Finds the fields. Wanting are the required fields, and every field that the configuration gives a header.
    pub(super) fn find<'a>(
        header: impl Iterator<Item = &'a str>,
        map: &ColumnMap,
    ) -> Result<Self, HeaderProblem> {
        let header: Vec<String> = header.map(folded).collect();
        let mut problem = HeaderProblem::default();
        let mut positions = [None; Field::ALL.len()];
        for field in Field::ALL {
            let found = candidates(map, field)
                .into_iter()
                .find_map(|name| header.iter().position(|seen| *seen == folded(name)));
            positions[field as usize] = found;
            if let Some(position) = found
                && header.iter().filter(|seen| **seen == header[position]).count() > 1
            {
                problem.twice.push(header[position].clone());
            }
            let required = matches!(field, Field::ReservationKey | Field::CheckIn | Field::CheckOut);
            if found.is_none() && (required || map.headers.contains_key(&field)) {
                problem.wanting.push(described(map, field));
            }
        }
        let has_place = [Field::Unit, Field::SpaceKey]
            .into_iter()
            .any(|field| positions[field as usize].is_some() || map.headers.contains_key(&field));
        if !has_place {
            problem.wanting.push("unit or space_key".to_owned());
        }
        problem.twice.sort();
        problem.twice.dedup();
        if problem == HeaderProblem::default() {
            Ok(Self { positions, n_columns: header.len() })
        } else {
            Err(problem)
        }
    }

    /// How many fields a row finds here if it is the header.
    pub(super) fn n_found<'a>(header: impl Iterator<Item = &'a str>, map: &ColumnMap) -> usize {
        let header: BTreeSet<String> = header.map(folded).collect();
        Field::ALL
            .into_iter()
            .filter(|field| candidates(map, *field).into_iter().any(|name| header.contains(&folded(name))))
            .count()
    }

    /// Where a field stands; `None` where the source has none.
    pub(super) fn position(&self, field: Field) -> Option<usize> {
        self.positions[field as usize]
    }

    /// How many columns a row has.
    pub(super) fn n_columns(&self) -> usize {
        self.n_columns
    }
}

fn candidates(map: &ColumnMap, field: Field) -> Vec<&str> {
    match map.headers.get(&field) {
        Some(headers) => headers.iter().map(String::as_str).collect(),
        None => vec![field.as_str()],
    }
}

fn described(map: &ColumnMap, field: Field) -> String {
    match map.headers.get(&field) {
        Some(headers) => {
            let quoted: Vec<String> = headers.iter().map(|header| format!("`{header}`")).collect();
            format!("{field} ({})", quoted.join(" or "))
        }
        None => field.to_string(),
    }
}

/// Headers are compared without regard to case, white space and its HTML form, and the shape of apostrophes.
fn folded(header: &str) -> String {
    let header = header.replace("&nbsp;", " ").replace(['\u{2019}', '\u{b4}'], "'");
    let words: Vec<String> =
        header.trim_matches(['\u{feff}', '\u{200b}']).split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str, map: &ColumnMap) -> Result<Columns, HeaderProblem> {
        Columns::find(header.split(','), map)
    }

    #[test]
    fn canonical_names_need_no_map() {
        let columns =
            find("Check_In, check_out ,unit,RESERVATION_KEY", &ColumnMap::default()).expect("all there");
        assert_eq!(columns.position(Field::ReservationKey), Some(3));
        assert_eq!(columns.position(Field::CheckIn), Some(0));
        assert_eq!(columns.position(Field::Email), None);
        assert_eq!(columns.n_columns(), 4);
    }

    #[test]
    fn the_first_alternative_that_is_there_is_taken() {
        let headers = [(Field::Unit, vec!["Room".to_owned(), "Zimmer\u{a0}Nr".to_owned()])];
        let map = ColumnMap { headers: headers.into() };
        let columns = find("reservation_key,check_in,check_out,unit,zimmer nr", &map).expect("all there");
        assert_eq!(columns.position(Field::Unit), Some(4));
    }

    #[test]
    fn a_header_is_known_however_it_is_padded() {
        let headers = [
            (Field::ReservationKey, vec!["Buchungsnummer".to_owned()]),
            (Field::FullName, vec!["Gästename(n)".to_owned()]),
            (Field::Unit, vec!["LISTING'S NICKNAME".to_owned()]),
        ];
        let map = ColumnMap { headers: headers.into() };
        let header = "\u{feff}Buchungsnummer ,Gästename(n)\u{a0},&nbsp;check_in,check_out&nbsp; ,Listing\u{2019}s  nickname";
        let columns = find(header, &map).expect("all there");
        assert_eq!(columns.position(Field::FullName), Some(1));
        assert_eq!(columns.position(Field::Unit), Some(4));
    }

    #[test]
    fn what_is_required_or_configured_and_not_there_is_wanting() {
        let headers = [
            (Field::ReservationKey, vec!["Booking".to_owned(), "Buchung".to_owned()]),
            (Field::Email, vec!["Mail".to_owned()]),
        ];
        let map = ColumnMap { headers: headers.into() };
        let problem = find("check_in,room", &map).expect_err("much is missing");
        assert_eq!(
            problem.wanting,
            ["reservation_key (`Booking` or `Buchung`)", "check_out", "email (`Mail`)", "unit or space_key"]
        );
    }

    #[test]
    fn a_wanted_header_that_stands_there_twice_stops() {
        let problem =
            find("reservation_key,check_in,Check_In,check_out,unit,note,note", &ColumnMap::default())
                .expect_err("which one is it");
        assert_eq!(problem.twice, ["check_in"]);
    }
}
