//! From the header of a source to the position of each field.

use std::collections::BTreeSet;

use super::field::Field;
use super::record::Cells;
use super::row::trimmed;
use super::settings::ColumnMap;
use crate::model::Column;

/// Where each field stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    positions: [Option<usize>; Field::ALL.len()],
    /// The headers as the source has them.
    header: Vec<String>,
    /// What makes a row no booking: a position, and the folded words.
    skipped: Vec<(usize, Vec<String>)>,
}

/// The columns that a rejects file has beside those of the source.
const EXPLAINING: [&str; 5] = ["_row", "_column", "_code", "_message", "_hint"];

/// The columns that a source must not lose unseen (RULES 11), with the fields of which one is enough.
const WATCHED: [(Column, &[Field]); 4] = [
    ("unit", &[Field::Unit, Field::SpaceKey]),
    ("guest_key", &[Field::GuestKey]),
    ("full_name", &[Field::FullName, Field::FirstName, Field::LastName]),
    ("status", &[Field::Status]),
];

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HeaderProblem {
    pub(super) wanting: Vec<String>,
    pub(super) twice: Vec<String>,
    /// The columns that a person may let be missing, where nothing else is wrong.
    pub(super) absent: Vec<Column>,
}

impl Columns {
    /// Finds the fields. Wanting are the required fields, and every field that the configuration gives a header.
    pub(super) fn find<'a>(
        header: impl Iterator<Item = &'a str>,
        map: &ColumnMap,
    ) -> Result<Self, HeaderProblem> {
        let seen: Vec<String> = header.map(|header| trimmed(header).to_owned()).collect();
        let header: Vec<String> = seen.iter().map(|header| folded(header)).collect();
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
        }
        let is_there = |field: Field| positions[field as usize].is_some();
        problem.wanting = wanting(map, &map.excused, is_there);
        problem.twice.sort();
        problem.twice.dedup();
        if problem != HeaderProblem::default() {
            let watched: BTreeSet<Field> = WATCHED.iter().flat_map(|(_, fields)| *fields).copied().collect();
            if problem.twice.is_empty() && wanting(map, &watched, is_there).is_empty() {
                let is_wanting = |fields: &[Field]| {
                    let others = watched.iter().filter(|field| !fields.contains(field)).copied().collect();
                    !wanting(map, &others, is_there).is_empty()
                };
                let absent = WATCHED.iter().filter(|(_, fields)| is_wanting(fields));
                problem.absent = absent.map(|(column, _)| *column).collect();
            }
            return Err(problem);
        }
        let skipped = map.skip.iter().filter_map(|(name, words)| {
            let position = header.iter().position(|seen| *seen == folded(name))?;
            Some((position, words.iter().map(|word| folded(word)).collect()))
        });
        let skipped = skipped.collect();
        Ok(Self { positions, header: seen, skipped })
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

    /// What the column of the arrival is besides, where one column holds both dates.
    pub(super) fn departure_of_range(&self) -> Option<Field> {
        let arrival = self.position(Field::CheckIn)?;
        [Field::CheckOut, Field::LastNight].into_iter().find(|field| self.position(*field) == Some(arrival))
    }

    /// Which of the watched columns the source has.
    pub(super) fn watched(&self) -> BTreeSet<Column> {
        let is_there = |fields: &[Field]| fields.iter().any(|field| self.position(*field).is_some());
        WATCHED.iter().filter(|(_, fields)| is_there(fields)).map(|(column, _)| *column).collect()
    }

    /// How many columns a row has.
    pub(super) fn n_columns(&self) -> usize {
        self.header.len()
    }

    /// The headers as the source has them.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Whether a column is one of those that a rejects file adds.
    pub(super) fn explains(&self, position: usize) -> bool {
        self.header.get(position).is_some_and(|header| EXPLAINING.contains(&header.as_str()))
    }

    /// Whether a row says of itself that it is no booking.
    pub(super) fn is_skipped<C: Cells>(&self, cells: &C) -> bool {
        self.skipped
            .iter()
            .any(|(position, words)| cells.text(*position).is_some_and(|text| words.contains(&folded(text))))
    }
}

impl ColumnMap {
    /// How many of its fields a header has; `None` where it lacks one that is needed.
    pub fn fit(&self, header: &[String]) -> Option<usize> {
        let header = || header.iter().map(String::as_str);
        Columns::find(header(), self).ok().map(|_| Columns::n_found(header(), self))
    }

    /// Lets a watched column be missing, because a person allowed it.
    pub fn excuse(&mut self, column: Column) {
        let fields = WATCHED.iter().filter(|(watched, _)| *watched == column);
        self.excused.extend(fields.flat_map(|(_, fields)| *fields));
    }

    fn names(&self, field: Field) -> bool {
        self.headers.get(&field).is_some_and(|headers| !headers.is_empty())
    }
}

/// What is needed and not there: a key, a place, both ends of the stay, and whatever the configuration names.
fn wanting(map: &ColumnMap, excused: &BTreeSet<Field>, is_there: impl Fn(Field) -> bool) -> Vec<String> {
    let departs = is_there(Field::CheckOut) || is_there(Field::LastNight);
    let has_arrival = is_there(Field::CheckIn) || (departs && is_there(Field::Nights));
    let has_departure = departs || (is_there(Field::CheckIn) && is_there(Field::Nights));
    let ways_to_depart = || {
        let named = [Field::LastNight, Field::Nights].into_iter().filter(|field| map.names(*field));
        let others = named.map(|field| format!(" or {}", described(map, field)));
        [described(map, Field::CheckOut)].into_iter().chain(others).collect::<String>()
    };
    let mut wanting = Vec::new();
    for field in Field::ALL {
        let is_demanded = map.names(field) && !map.optional.contains(&field) && !excused.contains(&field);
        match field {
            Field::CheckIn if !has_arrival => wanting.push(described(map, field)),
            Field::CheckOut if !has_departure => wanting.push(ways_to_depart()),
            Field::ReservationKey if !is_there(field) => wanting.push(described(map, field)),
            _ if is_demanded && !is_there(field) => wanting.push(described(map, field)),
            _ => {}
        }
    }
    if !excused.contains(&Field::Unit)
        && ![Field::Unit, Field::SpaceKey].into_iter().any(|field| is_there(field) || map.names(field))
    {
        wanting.push("unit or space_key".to_owned());
    }
    wanting
}

/// The headers that a field may have. A header that the configuration gives to one field is no other's by its name.
fn candidates(map: &ColumnMap, field: Field) -> Vec<&str> {
    match map.headers.get(&field) {
        Some(headers) => headers.iter().map(String::as_str).collect(),
        None if map.headers.values().flatten().any(|header| folded(header) == field.as_str()) => Vec::new(),
        None => vec![field.as_str()],
    }
}

fn described(map: &ColumnMap, field: Field) -> String {
    match map.headers.get(&field) {
        Some(headers) if !headers.is_empty() => {
            let quoted: Vec<String> = headers.iter().map(|header| format!("`{header}`")).collect();
            format!("{field} ({})", quoted.join(" or "))
        }
        _ => field.to_string(),
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
    use crate::model::SourceShape;

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
    fn watched_columns_are_those_of_the_shape() {
        let watched: Vec<Column> = WATCHED.iter().map(|(column, _)| *column).collect();
        assert_eq!(watched, SourceShape::columns().collect::<Vec<_>>());
        let columns = |header: &str| {
            let found = find(&format!("reservation_key,check_in,check_out,{header}"), &ColumnMap::default());
            found.expect("all there").watched().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(columns("unit"), ["unit"]);
        assert_eq!(columns("space_key,last_name,status"), ["full_name", "status", "unit"]);
        assert_eq!(columns("unit,guest_key,first_name"), ["full_name", "guest_key", "unit"]);
    }

    #[test]
    fn absent_columns_are_named_where_nothing_else_is_wrong() {
        let headers = [
            (Field::Status, vec!["State".to_owned()]),
            (Field::GuestKey, vec!["Guest".to_owned()]),
            (Field::Email, vec!["Mail".to_owned()]),
        ];
        let map = ColumnMap { headers: headers.into(), ..ColumnMap::default() };
        let absent = |header: &str| find(header, &map).expect_err("something is missing").absent;
        let dates = "reservation_key,check_in,check_out";
        assert_eq!(absent(&format!("{dates},unit,guest,mail")), ["status"]);
        assert_eq!(absent(&format!("{dates},mail")), ["unit", "guest_key", "status"]);
        assert_eq!(absent(&format!("{dates},unit,guest")), [""; 0], "the address is missing too");
        assert_eq!(absent("check_in,check_out,unit,guest,mail"), [""; 0], "the key is missing too");
        assert_eq!(absent(&format!("{dates},unit,unit,guest,mail")), [""; 0], "a header stands there twice");
        let mut excusing = map.clone();
        for column in ["unit", "guest_key", "status"] {
            excusing.excuse(column);
        }
        let columns = find(&format!("{dates},mail"), &excusing).expect("all there");
        assert_eq!(columns.watched(), BTreeSet::new());
    }

    #[test]
    fn the_first_alternative_that_is_there_is_taken() {
        let headers = [(Field::Unit, vec!["Room".to_owned(), "Zimmer\u{a0}Nr".to_owned()])];
        let map = ColumnMap { headers: headers.into(), ..ColumnMap::default() };
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
        let map = ColumnMap { headers: headers.into(), ..ColumnMap::default() };
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
        let map = ColumnMap { headers: headers.into(), ..ColumnMap::default() };
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

    #[test]
    fn a_departure_may_be_said_by_the_last_night_or_by_nights_and_an_arrival_by_nights_too() {
        for header in [
            "reservation_key,unit,check_in,last_night",
            "reservation_key,unit,check_in,nights",
            "reservation_key,unit,check_out,nights",
        ] {
            assert!(find(header, &ColumnMap::default()).is_ok(), "{header}");
        }
        let wanting = |header| find(header, &ColumnMap::default()).expect_err("not enough").wanting;
        assert_eq!(wanting("reservation_key,unit,nights"), ["check_in", "check_out"]);
        assert_eq!(wanting("reservation_key,unit,last_night"), ["check_in"]);
        let headers =
            [(Field::CheckOut, vec!["Out".to_owned()]), (Field::LastNight, vec!["Last".to_owned()])];
        let optional = [Field::CheckOut, Field::LastNight].into();
        let map = ColumnMap { headers: headers.into(), optional, ..ColumnMap::default() };
        let problem = find("reservation_key,unit,check_in", &map).expect_err("no end");
        assert_eq!(problem.wanting, ["check_out (`Out`) or last_night (`Last`)"]);
        assert!(find("reservation_key,unit,check_in,Last", &map).is_ok());
    }

    #[test]
    fn what_a_profile_names_may_be_missing_and_what_it_does_not_name_is_not_looked_for() {
        let headers = [(Field::Email, vec!["Mail".to_owned()]), (Field::Code, Vec::new())];
        let optional = [Field::Email].into();
        let map = ColumnMap { headers: headers.into(), optional, ..ColumnMap::default() };
        let columns = find("reservation_key,check_in,check_out,unit,code", &map).expect("all there");
        assert_eq!((columns.position(Field::Email), columns.position(Field::Code)), (None, None));
    }

    #[test]
    fn a_header_that_was_given_to_one_field_is_no_other_field_by_its_name() {
        let headers = [(Field::ReservationKey, vec!["Code".to_owned()])];
        let map = ColumnMap { headers: headers.into(), ..ColumnMap::default() };
        let columns = find("code,check_in,check_out,unit", &map).expect("all there");
        // Otherwise the number of the booking would be wished for as a PIN.
        assert_eq!((columns.position(Field::ReservationKey), columns.position(Field::Code)), (Some(0), None));
    }

    #[test]
    fn a_row_that_says_it_is_no_booking_is_known_by_its_column() {
        let skip = [("Typ".to_owned(), vec!["Payout".to_owned()]), ("Kind".to_owned(), vec!["x".to_owned()])];
        let map = ColumnMap { skip: skip.into(), ..ColumnMap::default() };
        let columns = find("reservation_key,check_in,check_out,unit,Typ", &map).expect("all there");
        let row = |kind| ::csv::StringRecord::from(vec!["R1", "", "", "", kind]);
        assert!(columns.is_skipped(&row(" PAYOUT ")) && !columns.is_skipped(&row("Buchung")));
    }
}
