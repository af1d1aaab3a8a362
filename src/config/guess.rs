//! What the columns and statuses of an unknown export probably are: proposals for a person to look at, with what speaks
//! for them.
//!
//! A header proposes; what stands below it may speak against it. Only where no header is known do the values propose.

use toml::de::DeTable;

use super::key_column::tells_rows_apart;
use super::status_words::{meaning, words_of};
use crate::source::{
    ColumnMap, ColumnValues, Derived, Field, Inspection, RANGE_SEPARATOR, ValueKind, header_letters,
    same_header,
};

/// A field, and where the export has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnProposal {
    /// The field.
    pub field: Field,
    /// Where it is.
    pub column: ProposedColumn,
    /// What speaks for it.
    pub evidence: String,
}

impl ColumnProposal {
    /// Whether the header is the name of the field, so that nothing has to be said.
    pub fn is_own(&self) -> bool {
        let Self { field, column, .. } = self;
        matches!(column, ProposedColumn::Header(header) if same_header(header, field.as_str()))
    }
}

/// Where a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposedColumn {
    /// Below a header.
    Header(String),
    /// In several columns.
    Derived(Derived),
}

/// What exports call our fields.
const HEADERS: &str = include_str!("../../config/headers.toml");

/// Parts of a header by which it is no unit, whatever else stands in it.
const NO_UNIT: [&str; 7] = ["type", "count", "rate", "revenue", "price", "total", "nights"];

/// The fields that have known headers, in the order in which they take them, and those headers.
fn headers_by_field() -> Vec<(Field, Vec<String>)> {
    let parsed = DeTable::parse(HEADERS).expect("the embedded headers are TOML, which a test proves");
    let mut fields: Vec<(Field, Vec<String>)> = Vec::new();
    // The table keeps its order.
    for (name, words) in parsed.get_ref() {
        let field = Field::parse(name.get_ref()).expect("every name is a field, which a test proves");
        let words = words.get_ref().as_array().into_iter().flatten();
        let words = words.filter_map(|word| word.get_ref().as_str()).map(header_letters);
        fields.push((field, [header_letters(field.as_str())].into_iter().chain(words).collect()));
    }
    let others = Field::ALL.into_iter().filter(|field| fields.iter().all(|(known, _)| known != field));
    let others: Vec<_> = others.map(|field| (field, vec![header_letters(field.as_str())])).collect();
    fields.into_iter().chain(others).collect()
}

/// All headers that are known, to find the header of a file by.
pub fn known_headers() -> ColumnMap {
    ColumnMap { headers: headers_by_field().into_iter().collect(), ..ColumnMap::default() }
}

/// Which column is probably which field; each column is proposed once, but for one that holds both dates.
pub fn propose(inspection: &Inspection) -> Vec<ColumnProposal> {
    let mut proposals = Proposals { inspection, found: Vec::new() };
    proposals.dates_in_parts();
    for (field, headers) in headers_by_field() {
        proposals.by_header(field, &headers);
    }
    proposals.both_dates_in_one();
    proposals.by_values();
    proposals.distinct_key();
    proposals.joined_key();
    let Proposals { mut found, .. } = proposals;
    found.sort_by_key(|proposal| proposal.field);
    found
}

struct Proposals<'a> {
    inspection: &'a Inspection,
    found: Vec<ColumnProposal>,
}

impl Proposals<'_> {
    fn has(&self, field: Field) -> bool {
        self.found.iter().any(|proposal| proposal.field == field)
    }

    fn is_taken(&self, header: &str) -> bool {
        self.found.iter().any(|ColumnProposal { column, .. }| match column {
            ProposedColumn::Header(taken) => taken == header,
            ProposedColumn::Derived(Derived::Joined { headers, .. }) => {
                headers.iter().any(|taken| taken == header)
            }
            ProposedColumn::Derived(Derived::Constant(_)) => false,
        })
    }

    fn free(&self) -> impl Iterator<Item = &ColumnValues> {
        let columns = self.inspection.columns.iter();
        columns.filter(|column| !column.header.is_empty() && !self.is_taken(&column.header))
    }

    fn add(&mut self, field: Field, column: ProposedColumn, evidence: String) {
        self.found.push(ColumnProposal { field, column, evidence });
    }

    fn add_header(&mut self, field: Field, header: String) {
        let evidence =
            self.inspection.column(&header).map_or_else(String::new, |column| evidence(field, column));
        self.add(field, ProposedColumn::Header(header), evidence);
    }

    /// The likeliest name that the file has, if the values do not speak against it.
    fn by_header(&mut self, field: Field, headers: &[String]) {
        if self.has(field) {
            return;
        }
        // Without rows only the header speaks.
        let has_no_rows = self.inspection.n_rows == 0;
        let letters: Vec<(String, &ColumnValues)> =
            self.free().map(|column| (header_letters(&column.header), column)).collect();
        let fitting = headers.iter().find_map(|known| {
            let mut columns = letters.iter().filter(|(letters, _)| letters == known);
            let is_other = FAMILY_NAMES.contains(&known.as_str())
                && match field {
                    // Beside a first name, the name is the last one.
                    Field::FullName => self.has(Field::FirstName),
                    Field::LastName => !self.has(Field::FirstName) || self.has(Field::FullName),
                    _ => false,
                };
            columns
                .find(|(_, column)| !is_other && (has_no_rows || may_be(field, column)))
                .map(|(_, column)| column.header.clone())
        });
        let fitting = fitting.or_else(|| {
            self.free().find(|column| sounds_like(field, column)).map(|column| column.header.clone())
        });
        if let Some(header) = fitting {
            self.add_header(field, header);
        }
    }

    /// A date in three columns, and nights in two: the shape of some data sets.
    fn dates_in_parts(&mut self) {
        for (field, words) in [
            (Field::CheckIn, &["arrival", "checkin", "start", "anreise", "arrivo", "llegada"]),
            (Field::CheckOut, &["departure", "checkout", "end", "abreise", "partenza", "salida"]),
        ] {
            let part = |name: &[&str]| {
                let mut columns = self.inspection.columns.iter().filter(|column| column.n_filled > 0);
                columns.find(|column| {
                    let words_of_header = words_of(&column.header);
                    let is_of = words.iter().any(|word| words_of_header.concat().contains(word));
                    let has_name = name.iter().any(|name| words_of_header.iter().any(|word| word == name));
                    is_of && has_name && !column.is_mostly(ValueKind::Date)
                })
            };
            let year = part(&["year", "jahr", "anno"]);
            let month = part(&["month", "monat", "mese"]);
            // Some call the day of the month the date.
            let day = part(&["day", "tag", "giorno"]).or_else(|| part(&["date"]));
            if let (Some(year), Some(month), Some(day)) = (year, month, day)
                && year.header != month.header
                && day.is_mostly(ValueKind::SmallNumber)
            {
                let headers = [year, month, day].map(|column| column.header.clone()).to_vec();
                self.add_joined(field, headers, "-", "year, month and day");
            }
        }
        let nights = self.inspection.columns.iter().filter(|column| {
            let words = words_of(&column.header);
            let is_part =
                ["week", "weekend", "weekday"].iter().any(|part| words.iter().any(|word| word == part));
            is_part && words.iter().any(|word| word == "nights") && column.is_mostly(ValueKind::SmallNumber)
        });
        let headers: Vec<String> = nights.map(|column| column.header.clone()).collect();
        if headers.len() > 1 {
            self.add_joined(Field::Nights, headers, "+", "their sum");
        }
    }

    fn add_joined(&mut self, field: Field, headers: Vec<String>, with: &str, evidence: &str) {
        let joined = Derived::Joined { headers, with: with.to_owned() };
        self.add(field, ProposedColumn::Derived(joined), evidence.to_owned());
    }

    /// Arrival and departure in one cell.
    fn both_dates_in_one(&mut self) {
        if self.has(Field::CheckIn) || self.has(Field::CheckOut) {
            return;
        }
        let range = self.free().find(|column| column.is_mostly(ValueKind::DateRange));
        if let Some(header) = range.map(|column| column.header.clone()) {
            self.add_header(Field::CheckIn, header.clone());
            self.add_header(Field::CheckOut, header);
        }
    }

    /// Where no header is known: a status by its words, an address by its shape, the stay by the only two dates that fit.
    fn by_values(&mut self) {
        if !self.has(Field::Status) {
            let is_status = |column: &&ColumnValues| {
                let n_known: u64 = column
                    .values
                    .iter()
                    .filter(|(word, _)| meaning(word).is_some())
                    .map(|(_, count)| count)
                    .sum();
                column.n_filled > 0
                    && column.values.len() <= 20
                    && n_known * 2 > column.n_filled
                    && !words_of(&column.header).iter().any(|word| OTHER_STATUSES.contains(&word.as_str()))
            };
            self.only(Field::Status, is_status);
        }
        if !self.has(Field::Email) {
            self.only(Field::Email, |column| column.n_filled > 0 && column.is_mostly(ValueKind::Email));
        }
        if !self.has(Field::Phone) {
            self.only(Field::Phone, |column| {
                let plus = column.values.keys().filter(|value| value.starts_with('+')).count();
                column.n_filled > 0 && column.is_mostly(ValueKind::Phone) && plus * 2 > column.values.len()
            });
        }
        if !self.has(Field::CheckIn) && !self.has(Field::CheckOut) {
            let dates: Vec<String> = self
                .free()
                .filter(|column| {
                    column.is_mostly(ValueKind::Date) && column.n_filled == self.inspection.n_rows
                })
                .map(|column| column.header.clone())
                .collect();
            if let [arrival, departure] = &dates[..] {
                self.add_header(Field::CheckIn, arrival.clone());
                self.add_header(Field::CheckOut, departure.clone());
            }
        }
    }

    /// Proposes the column that fits, if only one does.
    fn only(&mut self, field: Field, fits: impl Fn(&&ColumnValues) -> bool) {
        let fitting: Vec<String> = self.free().filter(fits).map(|column| column.header.clone()).collect();
        if let [header] = &fitting[..] {
            self.add_header(field, header.clone());
        }
    }

    /// Where no header is that of a booking number: the only column that tells every row from all others, as a number of
    /// bookings does. A number that counts the rows is none: it is another booking's in the next export.
    fn distinct_key(&mut self) {
        if self.has(Field::ReservationKey) {
            return;
        }
        let n_rows = self.inspection.n_rows;
        let is_key = |column: &&ColumnValues| tells_rows_apart(column, n_rows);
        let fitting: Vec<String> = self.free().filter(is_key).map(|column| column.header.clone()).collect();
        if let [header] = &fitting[..] {
            let values = self
                .inspection
                .column(header)
                .map_or_else(String::new, |column| evidence(Field::ReservationKey, column));
            let evidence =
                format!("each of {n_rows} rows has its own value, {values}: is it the booking number?");
            self.add(Field::ReservationKey, ProposedColumn::Header(header.clone()), evidence);
        }
    }

    /// A list without a booking number: the key is the unit and the arrival, or both dates where there is one unit. A name
    /// would stand in every log.
    fn joined_key(&mut self) {
        if self.has(Field::ReservationKey) {
            return;
        }
        let header_of = |field| {
            self.found.iter().find(|proposal| proposal.field == field).and_then(|proposal| {
                match &proposal.column {
                    ProposedColumn::Header(header) => Some(header.clone()),
                    ProposedColumn::Derived(_) => None,
                }
            })
        };
        let (arrival, departure) = (header_of(Field::CheckIn), header_of(Field::CheckOut));
        let headers = match header_of(Field::Unit) {
            Some(unit) => [Some(unit), arrival],
            None => [arrival, departure],
        };
        let headers: Option<Vec<String>> = headers.into_iter().collect();
        if let Some(headers) = headers.filter(|headers| headers[0] != headers[1]) {
            let evidence =
                "the file has no booking number: a booking that changes in one of these is another one";
            self.add_joined(Field::ReservationKey, headers, "/", evidence);
        }
    }
}

/// Headers of a name that may be the whole one or the last one.
const FAMILY_NAMES: [&str; 3] = ["name", "naam", "nom"];

/// Words of a header that tell of another status than that of the booking.
const OTHER_STATUSES: [&str; 12] = [
    "payment",
    "paid",
    "invoice",
    "zahlung",
    "paiement",
    "pago",
    "pagamento",
    "housekeeping",
    "cleaning",
    "deposit",
    "channel",
    "source",
];

/// Whether the values of a column with a fitting header speak against the field. A blank column speaks against nothing.
fn may_be(field: Field, column: &ColumnValues) -> bool {
    if column.n_filled == 0 {
        return !matches!(
            field,
            Field::ReservationKey | Field::CheckIn | Field::CheckOut | Field::Unit | Field::Status
        );
    }
    let is = |kind| column.is_mostly(kind);
    let is_day = || is(ValueKind::Date) || is(ValueKind::DayNumber);
    match field {
        Field::CheckIn | Field::CheckOut | Field::LastNight | Field::BookedAt => is_day(),
        // A column of the same name may also say by whom, or yes and no.
        Field::CancelledAt => column.share(ValueKind::Date) > 0.0,
        Field::Nights => is(ValueKind::SmallNumber),
        Field::Email => column.share(ValueKind::Email) > 0.3,
        Field::Phone => column.share(ValueKind::Phone) > 0.3,
        Field::Status => !is_day() && column.values.len() <= 60,
        Field::ReservationKey => !is(ValueKind::Date) && is_key(column),
        Field::FullName | Field::FirstName | Field::LastName | Field::OtherGuests => {
            !is_day() && column.values.keys().any(|value| value.contains(char::is_alphabetic))
        }
        Field::Unit | Field::Property => !is(ValueKind::Date) && !is(ValueKind::Email),
        _ => true,
    }
}

/// Whether nearly every row has a value, and not all have the same.
fn is_key(column: &ColumnValues) -> bool {
    let n_rows: u64 = column.values.values().sum();
    column.values.len() > 1 || n_rows <= 1
}

/// Whether parts of a longer header name the field, and the values say the same.
fn sounds_like(field: Field, column: &ColumnValues) -> bool {
    let words = words_of(&column.header);
    let has = |wanted: &[&str]| wanted.iter().any(|wanted| words.iter().any(|word| word == wanted));
    let has_pair =
        |first: &str, second: &str| words.windows(2).any(|pair| pair[0] == first && pair[1] == second);
    let sounds = match field {
        Field::CheckIn => {
            has(&[
                "arrival", "arrive", "anreise", "checkin", "arrivee", "arrivée", "llegada", "arrivo",
                "chegada",
            ]) || has_pair("check", "in")
        }
        Field::CheckOut => {
            has(&["departure", "depart", "abreise", "checkout", "départ", "salida", "partenza", "saída"])
                || has_pair("check", "out")
        }
        Field::Email => has(&["email", "mail", "courriel"]) || has_pair("e", "mail"),
        Field::Phone => has(&["phone", "telephone", "telefon", "mobile", "tel"]),
        Field::Unit => {
            has(&["room", "unit", "zimmer", "apartment", "chambre", "habitación", "camera", "kamer"])
        }
        Field::FullName => {
            has_pair("guest", "name") || has_pair("customer", "name") || has_pair("full", "name")
        }
        Field::ReservationKey => {
            has(&["reservation", "booking", "confirmation", "buchung", "res"])
                && has(&["number", "no", "nr", "id", "code", "ref", "reference", "nummer"])
        }
        Field::Status => has(&["status", "state", "statut", "stato", "estado"]) && !has(&OTHER_STATUSES),
        _ => false,
    };
    sounds && !(field == Field::Unit && has(&NO_UNIT)) && column.n_filled > 0 && may_be(field, column)
}

/// What speaks for a column: some values, or for what is about a person how many have it.
fn evidence(field: Field, column: &ColumnValues) -> String {
    let ColumnValues { values, n_filled, .. } = column;
    match field {
        Field::FullName
        | Field::FirstName
        | Field::LastName
        | Field::OtherGuests
        | Field::Email
        | Field::Phone
        | Field::Code
        | Field::GuestKey => match n_filled {
            0 => "blank in every row".to_owned(),
            1 => "filled in 1 row".to_owned(),
            n_filled => format!("filled in {n_filled} rows"),
        },
        _ => match values.keys().take(3).map(|value| shown(value)).collect::<Vec<_>>().join(", ") {
            values if values.is_empty() => "blank in every row".to_owned(),
            values => format!("such as {values}"),
        },
    }
}

fn shown(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(30).collect()
}

/// The separator of a column that holds both dates, where one is proposed.
pub(super) fn range_separator(proposals: &[ColumnProposal]) -> Option<&'static str> {
    let column =
        |field| proposals.iter().find(|proposal| proposal.field == field).map(|proposal| &proposal.column);
    let (arrival, departure) = (column(Field::CheckIn)?, column(Field::CheckOut)?);
    (arrival == departure).then_some(RANGE_SEPARATOR)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Looks at a table of lines; the first is the header.
    fn inspected(table: &str) -> Inspection {
        let mut lines = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        Inspection::of(lines.next().expect("a header"), lines)
    }

    fn check(table: &str, expected: &[&str]) {
        let proposals = propose(&inspected(table));
        let told: Vec<String> = proposals
            .iter()
            .map(|ColumnProposal { field, column, .. }| match column {
                ProposedColumn::Header(header) => format!("{field}={header}"),
                ProposedColumn::Derived(Derived::Joined { headers, with }) => {
                    format!("{field}={}", headers.join(with))
                }
                ProposedColumn::Derived(Derived::Constant(text)) => format!("{field}=\"{text}\""),
            })
            .collect();
        assert_eq!(told, expected, "{table}");
    }

    #[test]
    fn every_known_header_is_one_of_a_field_and_of_no_other() {
        // A header that two fields may have goes to the first that has none yet.
        let shared = ["property", "name", "naam", "depart", "code"];
        let mut seen: BTreeMap<String, Field> = BTreeMap::new();
        for (field, headers) in headers_by_field() {
            for header in headers {
                let of = *seen.entry(header.clone()).or_insert(field);
                assert!(of == field || shared.contains(&header.as_str()), "{field} and {of}: {header}");
            }
        }
        assert!(seen.len() > 800, "{}", seen.len());
    }

    #[test]
    fn headers_of_an_unknown_export_are_proposed_once_each() {
        check(
            "Booking ID,Guest,Room,Arrival ,Departure,Notes,Name,Created,Booked On,Share No\n\
             B1,Ana Sousa,101,2026-05-03,2026-05-05,,x,2026-01-01,2026-01-02,S1\n\
             B2,Rui Lopes,102,2026-05-04,2026-05-06,,y,2026-01-01,2026-01-02,S2",
            &[
                "reservation_key=Booking ID",
                "share_key=Share No",
                "unit=Room",
                "check_in=Arrival ",
                "check_out=Departure",
                "full_name=Guest",
                "booked_at=Booked On",
            ],
        );
    }

    #[test]
    fn values_speak_against_a_header() {
        // A number of rooms that is a date, a phone that is a name, an arrival that is a flag.
        check(
            "Ref,Room,Arrival,Check-in,Check-out,Contact,Email\n\
             A1,101,yes,2026-05-03,2026-05-05,Ana,n/a\nA2,102,no,2026-05-04,2026-05-06,Rui,n/a",
            &["reservation_key=Ref", "unit=Room", "check_in=Check-in", "check_out=Check-out"],
        );
    }

    #[test]
    fn values_propose_where_no_header_is_known() {
        check(
            "Ref,Door,A,B,Who,X,Y,What\n\
             A1,1,2026-05-03,2026-05-05,Ana,ana@example.com,+44 7700 900001,Confirmed\n\
             A2,2,2026-05-04,2026-05-06,Rui,rui@example.com,+44 7700 900002,Cancelled",
            &["reservation_key=Ref", "status=What", "check_in=A", "check_out=B", "email=X", "phone=Y"],
        );
    }

    #[test]
    fn a_date_in_parts_is_joined_and_nights_are_added() {
        check(
            "Booking_ID,weekend_nights,week_nights,arrival_year,arrival_month,arrival_date,room\n\
             I1,1,2,2026,12,5,101\nI2,0,3,2026,12,6,102",
            &[
                "reservation_key=Booking_ID",
                "unit=room",
                "check_in=arrival_year-arrival_month-arrival_date",
                "nights=weekend_nights+week_nights",
            ],
        );
    }

    #[test]
    fn one_column_may_hold_both_dates() {
        check(
            "Ref,Unit,Check In/Check Out\nA1,1,12/03/2026 - 12/06/2026\nA2,2,12/14/2026 - 12/17/2026",
            &[
                "reservation_key=Ref",
                "unit=Unit",
                "check_in=Check In/Check Out",
                "check_out=Check In/Check Out",
            ],
        );
    }

    #[test]
    fn a_column_that_tells_all_rows_apart_is_proposed_as_the_key() {
        let list = |header: &str, values: [&str; 3]| {
            format!(
                "Villa,Arrival,Departure,{header}\nMar,2026-05-03,2026-05-05,{}\nSol,2026-05-04,2026-05-06,{}\n\
                 Mar,2026-05-08,2026-05-09,{}",
                values[0], values[1], values[2]
            )
        };
        let key = |header: &str, values: [&str; 3]| {
            let proposals = propose(&inspected(&list(header, values)));
            let key =
                proposals.into_iter().find(|proposal| proposal.field == Field::ReservationKey).expect("one");
            (key.column, key.evidence)
        };
        for values in [["HX-1201", "HX-1340", "HX-1355"], ["880112", "880119", "880204"]] {
            let (column, evidence) = key("Vorgang", values);
            assert_eq!(column, ProposedColumn::Header("Vorgang".to_owned()), "{values:?}");
            let expected = format!(
                "each of 3 rows has its own value, such as {}: is it the booking number?",
                values.join(", ")
            );
            assert_eq!(evidence, expected);
        }
        for (header, values) in [
            ("Vorgang", ["1", "2", "3"]),
            ("Vorgang", ["1001", "1002", "1003"]),
            ("Vorgang", ["HX-1201", "HX-1201", "HX-1355"]),
            ("Vorgang", ["HX-1201", "", "HX-1355"]),
            ("Preis", ["120.50", "99.00", "187.20"]),
            ("Telefon", ["447700900001", "447700900002", "447700900009"]),
            ("Wer", ["Ana Sousa", "Rui Lopes", "Lena Vogt"]),
        ] {
            assert!(matches!(key(header, values).0, ProposedColumn::Derived(_)), "{header} {values:?}");
        }
    }

    #[test]
    fn a_file_without_rows_is_known_by_its_headers() {
        check(
            "Booking ID,Room,Arrival,Departure,Status",
            &[
                "reservation_key=Booking ID",
                "status=Status",
                "unit=Room",
                "check_in=Arrival",
                "check_out=Departure",
            ],
        );
    }

    #[test]
    fn a_list_without_a_number_gets_a_joined_key() {
        check(
            "Villa,Arrival,Departure,Guest\nMar,2026-05-03,2026-05-05,Ana\nSol,2026-05-04,2026-05-06,Rui",
            &[
                "reservation_key=Villa/Arrival",
                "unit=Villa",
                "check_in=Arrival",
                "check_out=Departure",
                "full_name=Guest",
            ],
        );
    }
}
