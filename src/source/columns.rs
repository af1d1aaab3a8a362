//! From the header of a source to the position of each field.

use std::collections::BTreeSet;

use super::defects::DECIDING;
use super::field::Field;
use super::forms::CellForms;
use super::headers::{Found, Headers, folded, header_letters, same_header};
use super::joined::joined;
use super::record::Cells;
use super::settings::{ColumnMap, Derived};
use crate::model::{Column, Problem, ProblemCode, SourcePlace};

/// Where each field stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    positions: [Option<usize>; Field::ALL.len()],
    derived: Vec<(Field, DerivedText)>,
    /// The headers as the source has them.
    header: Vec<String>,
    /// What makes a row no booking: a position, and the folded words.
    skipped: Vec<(usize, Vec<String>)>,
    passed_over: Vec<PassedOver>,
}

/// Columns whose header is the same as that of a field but for its case and marks, and which are not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PassedOver {
    field: Field,
    position: usize,
    others: Vec<usize>,
}

/// How the text of a field that is no single column is made.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DerivedText {
    Joined { positions: Vec<usize>, with: String },
    Constant(String),
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
    /// Headers of which each may be the one that is meant.
    pub(super) twice: Vec<Vec<String>>,
    /// The columns that a person may let be missing, where nothing else is wrong.
    pub(super) absent: Vec<Column>,
}

impl Columns {
    /// Finds the fields. Wanting are the required fields, and every field that the configuration gives a header.
    pub(super) fn find<'a>(
        header: impl Iterator<Item = &'a str>,
        map: &ColumnMap,
    ) -> Result<Self, HeaderProblem> {
        let header = Headers::of(header);
        let mut problem = HeaderProblem::default();
        let mut positions = [None; Field::ALL.len()];
        let mut passed_over = Vec::new();
        for field in Field::ALL {
            let found = candidates(map, field).into_iter().find_map(|name| header.find(name));
            let Some(found) = found else { continue };
            positions[field as usize] = Some(found.position());
            match found {
                Found::One(_) => {}
                // A name of ours that nobody wrote down may be meant by either.
                Found::Exact { position, others } if map.names(field) || !DECIDING.contains(&field) => {
                    passed_over.push(PassedOver { field, position, others });
                }
                Found::Exact { position, mut others } => {
                    others.push(position);
                    others.sort_unstable();
                    problem.twice.push(header.texts(&others));
                }
                Found::Several(positions) => problem.twice.push(header.texts(&positions)),
            }
        }
        for name in map.named_in_parts() {
            if let Some(Found::Several(positions)) = header.find(name) {
                problem.twice.push(header.texts(&positions));
            }
        }
        let derived = derived(&header, map);
        // Where a joined field begins, which tells whether it is blank and where a problem of it is.
        for (field, text) in &derived {
            if let DerivedText::Joined { positions: parts, .. } = text {
                positions[*field as usize] = parts.first().copied();
            }
        }
        let is_derived = |field: Field| derived.iter().any(|(known, _)| *known == field);
        let is_there = |field: Field| positions[field as usize].is_some() || is_derived(field);
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
            Some((header.find(name)?.position(), words.iter().map(|word| folded(word)).collect()))
        });
        let skipped = skipped.collect();
        Ok(Self { positions, derived, header: header.into_texts(), skipped, passed_over })
    }

    /// How many fields a row finds here if it is the header.
    pub(super) fn n_found<'a>(header: impl Iterator<Item = &'a str>, map: &ColumnMap) -> usize {
        let header: BTreeSet<String> = header.map(header_letters).collect();
        Field::ALL
            .into_iter()
            .filter(|field| {
                candidates(map, *field).into_iter().any(|name| header.contains(&header_letters(name)))
            })
            .count()
    }

    /// Where one field stands in a header that may lack others.
    pub(super) fn find_one<'a>(
        header: impl Iterator<Item = &'a str>,
        field: Field,
        map: &ColumnMap,
    ) -> Option<usize> {
        let header = Headers::of(header);
        candidates(map, field).into_iter().find_map(|name| header.find(name)).map(|found| found.position())
    }

    /// The texts of the fields that are made of several columns, or are the same in every row.
    pub(super) fn derived<C: Cells>(&self, cells: &C, forms: &CellForms) -> Vec<(Field, String)> {
        let text = |field: Field, text: &DerivedText| match text {
            DerivedText::Constant(text) => text.clone(),
            DerivedText::Joined { positions, with } => {
                let parts = positions.iter().map(|position| cells.text(*position).unwrap_or(""));
                joined(field, parts, with, forms)
            }
        };
        self.derived.iter().map(|(field, derived)| (*field, text(*field, derived))).collect()
    }

    /// The headers that a field is joined of; none where it is a column or the same in every row.
    pub(super) fn joined_headers(&self, field: Field) -> Vec<&str> {
        let joined = self.derived.iter().find(|(known, _)| *known == field);
        match joined {
            Some((_, DerivedText::Joined { positions, .. })) => {
                positions.iter().map(|position| self.header[*position].as_str()).collect()
            }
            Some((_, DerivedText::Constant(_))) | None => Vec::new(),
        }
    }

    /// Says of which of several like headers the fields are read.
    pub(super) fn like_headers<'a>(&'a self, source: &'a SourcePlace) -> impl Iterator<Item = Problem> + 'a {
        self.passed_over.iter().map(move |PassedOver { field, position, others }| {
            let taken = &self.header[*position];
            let others: Vec<String> =
                others.iter().map(|position| format!("`{}`", self.header[*position])).collect();
            let is = if others.len() == 1 { "is" } else { "are" };
            Problem {
                source: source.clone(),
                column: field.as_str(),
                code: ProblemCode::Notice,
                message: format!("`{taken}` is read, and {} {is} not", others.join(" and ")),
                hint: format!("write the other header in [columns] where that one is `{field}`"),
            }
        })
    }

    /// Whether the source has a field, as a column or otherwise.
    pub(super) fn has(&self, field: Field) -> bool {
        self.position(field).is_some() || self.derived.iter().any(|(known, _)| *known == field)
    }

    /// Where a field stands, or where one that is joined begins; `None` where no column has it.
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
        let is_there = |fields: &[Field]| fields.iter().any(|field| self.has(*field));
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

    /// The headers that are named beside those of single columns.
    fn named_in_parts(&self) -> impl Iterator<Item = &String> {
        let joined = self.derived.values().flat_map(|derived| match derived {
            Derived::Joined { headers, .. } => headers.as_slice(),
            Derived::Constant(_) => &[],
        });
        joined.chain(self.skip.keys())
    }

    fn names(&self, field: Field) -> bool {
        self.headers.get(&field).is_some_and(|headers| !headers.is_empty())
            || self.derived.contains_key(&field)
    }
}

/// The derived fields of which the header has every part.
fn derived(header: &Headers, map: &ColumnMap) -> Vec<(Field, DerivedText)> {
    let derived = map.derived.iter().filter_map(|(field, derived)| {
        let text = match derived {
            Derived::Constant(text) => DerivedText::Constant(text.clone()),
            Derived::Joined { headers, with } => {
                let positions: Option<Vec<usize>> =
                    headers.iter().map(|name| Some(header.find(name)?.position())).collect();
                DerivedText::Joined { positions: positions?, with: with.clone() }
            }
        };
        Some((*field, text))
    });
    derived.collect()
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
        _ if map.derived.contains_key(&field) => Vec::new(),
        Some(headers) => headers.iter().map(String::as_str).collect(),
        None if map.headers.values().flatten().any(|header| same_header(header, field.as_str())) => {
            Vec::new()
        }
        None => vec![field.as_str()],
    }
}

fn described(map: &ColumnMap, field: Field) -> String {
    if let Some(Derived::Joined { headers, .. }) = map.derived.get(&field) {
        let quoted: Vec<String> = headers.iter().map(|header| format!("`{header}`")).collect();
        return format!("{field} ({})", quoted.join(" and "));
    }
    match map.headers.get(&field) {
        Some(headers) if !headers.is_empty() => {
            let quoted: Vec<String> = headers.iter().map(|header| format!("`{header}`")).collect();
            format!("{field} ({})", quoted.join(" or "))
        }
        _ => field.to_string(),
    }
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
    fn a_header_is_known_whatever_divides_its_words() {
        for header in [
            "Reservation Key,Check-In,Check-Out,UNIT",
            "reservationKey,checkIn,checkOut,unit",
            "RESERVATION.KEY,check.in,check.out,Unit",
            "Reservation_Key,CHECK_IN,CheckOut, unit ",
            ",reservation key,check in,check out,unit",
        ] {
            let columns = find(header, &ColumnMap::default()).expect(header);
            let position = |field| columns.position(field).expect("it is there");
            let first = usize::from(header.starts_with(','));
            let fields = [Field::ReservationKey, Field::CheckIn, Field::CheckOut, Field::Unit];
            assert_eq!(fields.map(position), [0, 1, 2, 3].map(|n| n + first), "{header}");
        }
        // Of two that differ in that only, the one that is written so is meant; otherwise it cannot be told.
        let map = |name: &str| ColumnMap {
            headers: [(Field::CheckIn, vec![name.to_owned()])].into(),
            ..ColumnMap::default()
        };
        let header = "reservation_key,Check-in,checkin,check_out,unit";
        assert_eq!(find(header, &map("checkin")).expect("all there").position(Field::CheckIn), Some(2));
        assert_eq!(
            find(header, &map("Check in")).expect_err("which one is it").twice,
            [["Check-in", "checkin"]]
        );
        // A header of marks only is none.
        assert!(find("reservation_key,-,check_out,unit", &map("_")).is_err());
    }

    #[test]
    fn a_field_may_be_several_columns_or_the_same_in_every_row() {
        let joined = |headers: &[&str], with: &str| Derived::Joined {
            headers: headers.iter().map(|header| (*header).to_owned()).collect(),
            with: with.to_owned(),
        };
        let derived = [
            (Field::ReservationKey, joined(&["Villa", "Day"], "/")),
            (Field::CheckIn, joined(&["year", "month", "day"], "-")),
            (Field::Unit, Derived::Constant("villa".to_owned())),
        ];
        let map = ColumnMap { derived: derived.into(), ..ColumnMap::default() };
        let columns = find("Year,Month,Day,Villa,nights,unit", &map).expect("all there");
        let texts = |cells: &[&str]| {
            let texts = columns.derived(&::csv::StringRecord::from(cells.to_vec()), &CellForms::default());
            texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(texts(&["2026", "12", " 5", "Mar", "2", "x"]), ["Mar/5", "villa", "2026-12-5"]);
        assert_eq!(texts(&["", "", "", "", "", ""]), ["", "villa", ""]);
        assert_eq!(columns.joined_headers(Field::CheckIn), ["Year", "Month", "Day"]);
        assert_eq!(columns.watched(), BTreeSet::from(["unit"]));
        assert_eq!(columns.position(Field::Unit), None, "the column of that name is not meant");
        let problem = find("Year,Day,Villa,nights", &map).expect_err("a part is missing");
        assert_eq!(problem.wanting, ["check_in (`year` and `month` and `day`)", "check_out"]);
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
        assert_eq!(problem.twice, [["check_in", "Check_In"]]);
        for (header, twice) in [
            ("reservation_key,Check In,check_in,check_out,unit", ["Check In", "check_in"]),
            ("reservation_key,checkIn,check_out,CHECK-OUT,unit", ["check_out", "CHECK-OUT"]),
            (
                "reservation_key,Reservation Key,check_in,check_out,unit",
                ["reservation_key", "Reservation Key"],
            ),
            ("reservation_key,check_in,check_out,unit,Unit", ["unit", "Unit"]),
            ("reservation_key,check_in,check_out,unit,Status,STATUS", ["Status", "STATUS"]),
        ] {
            let problem = find(header, &ColumnMap::default()).expect_err(header);
            assert_eq!(problem.twice, [twice], "{header}");
        }
    }

    #[test]
    fn of_two_headers_that_are_one_name_the_one_that_is_written_exactly_is_meant_and_told() {
        let header = "reservation_key,Check In,check_in,check_out,unit,full_name,Full Name";
        let place = SourcePlace { container: "a.csv".into(), row: 0 };
        let map = |name: &str| ColumnMap {
            headers: [(Field::CheckIn, vec![name.to_owned()])].into(),
            ..ColumnMap::default()
        };
        for (name, position, told) in [
            ("Check In", 1, "`Check In` is read, and `check_in` is not"),
            ("check_in", 2, "`check_in` is read, and `Check In` is not"),
            ("CHECK IN", 1, "`Check In` is read, and `check_in` is not"),
        ] {
            let columns = find(header, &map(name)).expect("all there");
            assert_eq!(columns.position(Field::CheckIn), Some(position), "{name}");
            let told_of: Vec<Problem> = columns.like_headers(&place).collect();
            assert_eq!(told_of[0].message, told, "{name}");
            // Of what decides nothing our own name is enough.
            assert_eq!(told_of[1].message, "`full_name` is read, and `Full Name` is not");
        }
        assert_eq!(find(header, &map("check.in")).expect_err("neither").twice, [["Check In", "check_in"]]);
    }

    #[test]
    fn a_part_of_a_joined_field_that_may_be_either_of_two_columns_stops() {
        let joined = |name: &str| Derived::Joined {
            headers: vec![name.to_owned(), "Day".to_owned()],
            with: "/".to_owned(),
        };
        let find = |name: &str, skip: &str| {
            let derived = [(Field::ReservationKey, joined(name))].into();
            let skip = [(skip.to_owned(), vec!["x".to_owned()])].into();
            let map = ColumnMap { derived, skip, ..ColumnMap::default() };
            find("Room No,room_no,Kind,kind,Day,check_in,check_out,unit", &map)
        };
        assert!(find("Room No", "Kind").is_ok() && find("room_no", "kind").is_ok());
        assert_eq!(find("RoomNo", "kind").expect_err("which room").twice, [["Room No", "room_no"]]);
        assert_eq!(find("Room No", "KIND").expect_err("which kind").twice, [["Kind", "kind"]]);
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
