//! From the header of a source to the position of each field.

use std::collections::BTreeSet;

use super::field::Field;
use super::record::Cells;
use super::row::trimmed;
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
}

/// How the text of a field that is no single column is made.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DerivedText {
    Joined { positions: Vec<usize>, with: String },
    Constant(String),
}

/// Fields that are blank where one of the columns of which they are joined is.
const WHOLE: [Field; 9] = [
    Field::ReservationKey,
    Field::StayId,
    Field::GuestKey,
    Field::ShareKey,
    Field::Unit,
    Field::SpaceKey,
    Field::CheckIn,
    Field::CheckOut,
    Field::LastNight,
];

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
        let header: Vec<Folded> = seen.iter().map(|header| Folded::of(header)).collect();
        let mut problem = HeaderProblem::default();
        let mut positions = [None; Field::ALL.len()];
        for field in Field::ALL {
            let Some(found) = candidates(map, field).into_iter().find_map(|name| found(&header, name)) else {
                continue;
            };
            positions[field as usize] = Some(found.position);
            if found.n_equal > 1 {
                problem.twice.push(header[found.position].words.clone());
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
            let position = found(&header, name)?.position;
            Some((position, words.iter().map(|word| folded(word)).collect()))
        });
        let skipped = skipped.collect();
        Ok(Self { positions, derived, header: seen, skipped })
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
        let header: Vec<Folded> = header.map(Folded::of).collect();
        candidates(map, field).into_iter().find_map(|name| found(&header, name)).map(|found| found.position)
    }

    /// The texts of the fields that are made of several columns, or are the same in every row.
    pub(super) fn derived<C: Cells>(&self, cells: &C) -> Vec<(Field, String)> {
        let text = |field: Field, text: &DerivedText| match text {
            DerivedText::Constant(text) => text.clone(),
            DerivedText::Joined { positions, with } => {
                let parts: Vec<&str> =
                    positions.iter().map(|position| cells.text(*position).map_or("", trimmed)).collect();
                let is_blank = |part: &&str| part.is_empty();
                // Half a key would be that of strangers, and half a unit or date is none.
                let needs_all = WHOLE.contains(&field);
                if parts.iter().all(is_blank) || (needs_all && parts.iter().any(is_blank)) {
                    String::new()
                } else {
                    parts.join(with)
                }
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

    /// Says what a key means that is joined of several columns.
    pub(super) fn joined_key(&self, source: SourcePlace) -> Option<Problem> {
        let headers: Vec<String> = self
            .joined_headers(Field::ReservationKey)
            .into_iter()
            .map(|header| format!("`{header}`"))
            .collect();
        let headers =
            headers.split_last().map(|(last, others)| format!("{} and {last}", others.join(", ")))?;
        Some(Problem {
            source,
            column: Field::ReservationKey.as_str(),
            code: ProblemCode::Notice,
            message: format!(
                "the key of a reservation is joined of {headers}: rows in which all of them are equal are one reservation, \
                 and a booking in which one of them changes is another one, beside which the old grant stays until it is \
                 missing for long enough"
            ),
            hint: "name the column of the booking number as `reservation_key` in [columns], if the export can have one"
                .to_owned(),
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

    /// The text of a field in cells that stand below a header; `None` where the header lacks it.
    pub fn text_in(&self, header: &[String], field: Field, cells: &[String]) -> Option<String> {
        let header = || header.iter().map(String::as_str);
        let folded: Vec<Folded> = header().map(Folded::of).collect();
        let cell = |position: usize| cells.get(position).map(|cell| trimmed(cell).to_owned());
        match self.derived.get(&field) {
            Some(Derived::Constant(text)) => Some(text.clone()),
            Some(Derived::Joined { headers, with }) => {
                let parts: Option<Vec<String>> =
                    headers.iter().map(|name| cell(found(&folded, name)?.position)).collect();
                parts.map(|parts| parts.join(with))
            }
            None => cell(Columns::find_one(header(), field, self)?),
        }
    }

    /// Lets a watched column be missing, because a person allowed it.
    pub fn excuse(&mut self, column: Column) {
        let fields = WATCHED.iter().filter(|(watched, _)| *watched == column);
        self.excused.extend(fields.flat_map(|(_, fields)| *fields));
    }

    fn names(&self, field: Field) -> bool {
        self.headers.get(&field).is_some_and(|headers| !headers.is_empty())
            || self.derived.contains_key(&field)
    }
}

/// The derived fields of which the header has every part.
fn derived(header: &[Folded], map: &ColumnMap) -> Vec<(Field, DerivedText)> {
    let derived = map.derived.iter().filter_map(|(field, derived)| {
        let text = match derived {
            Derived::Constant(text) => DerivedText::Constant(text.clone()),
            Derived::Joined { headers, with } => {
                let positions: Option<Vec<usize>> =
                    headers.iter().map(|name| Some(found(header, name)?.position)).collect();
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

/// A header in the two forms in which headers are compared.
struct Folded {
    words: String,
    joined: String,
}

impl Folded {
    fn of(header: &str) -> Self {
        Self { words: folded(header), joined: header_letters(header) }
    }
}

/// Where a header stands, and how many are the same.
struct FoundHeader {
    position: usize,
    n_equal: usize,
}

/// Looks for a header by its words, and else by its letters alone: `Check-In` is `check_in`, unless there is one of both.
fn found(header: &[Folded], name: &str) -> Option<FoundHeader> {
    let name = Folded::of(name);
    let equal = |is: &dyn Fn(&Folded) -> bool| {
        let position = header.iter().position(is)?;
        Some(FoundHeader { position, n_equal: header.iter().filter(|seen| is(seen)).count() })
    };
    let by_letters = || equal(&|seen| !seen.joined.is_empty() && seen.joined == name.joined);
    equal(&|seen| seen.words == name.words).or_else(by_letters)
}

/// Whether two headers are the same but for case, blanks, `_`, `.`, `-` and camel case.
pub fn same_header(left: &str, right: &str) -> bool {
    header_letters(left) == header_letters(right)
}

/// A header without what divides its words; in lower case, camel case divides none.
pub fn header_letters(header: &str) -> String {
    if header.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return header.to_owned();
    }
    folded(header).chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '.' | '-')).collect()
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
        assert_eq!(find(header, &map("Check in")).expect_err("which one is it").twice, ["check-in"]);
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
            let texts = columns.derived(&::csv::StringRecord::from(cells.to_vec()));
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
