//! What comes out of an export of each kind: one small sample a profile, and beside it what is made of it.
//!
//! `UPDATE_PROFILES=1 cargo test --locked profile` writes the expected files; read them before they are committed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use reservation_sync::config::{Environment, Profile, Settings, load};
use reservation_sync::model::{Place, Problem, SourceRead, Standing, Stay};
use reservation_sync::source::{ColumnMap, SourceError, read_file};

use super::house::root;

/// Every sample is read as if it had been exported on this morning.
const NOW: &str = "2026-05-01T08:00:00Z";

/// What a user has to add to the profile, where it says so itself.
pub(crate) fn additions(profile: Profile) -> &'static str {
    match profile.name {
        "smoobu" => "[columns]\nreservation_key = \"ID\"\nfull_name = \"Ospite\"\n",
        _ => "",
    }
}

/// The sample of a profile, as the program of the hotel would have written it: a workbook where it writes workbooks.
pub(crate) fn exported(profile: Profile, folder: &Path) -> PathBuf {
    let samples = root().join("samples/profiles");
    let sample = ["csv", "txt"]
        .into_iter()
        .map(|extension| samples.join(format!("{}.{extension}", profile.name)))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{} has no sample", profile.name));
    if !profile.text.contains("kind") || !profile.text.contains("= \"excel\"") {
        let copy = folder.join(sample.file_name().expect("a name"));
        fs::copy(&sample, &copy).expect("it can be copied");
        return copy;
    }
    let path = folder.join(format!("{}.xlsx", profile.name));
    workbook(&fs::read_to_string(&sample).expect("it can be read"), profile)
        .save(&path)
        .expect("it can be written");
    path
}

/// A line of the sample is a row of the sheet.
fn workbook(table: &str, profile: Profile) -> Workbook {
    // Booking.com writes its dates as text; the others write dates.
    let writes_dates = !profile.name.starts_with("booking-com");
    let mut workbook = Workbook::new();
    let day = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let sheet = workbook.add_worksheet().set_name("Export").expect("a name");
    for (line, text) in (0..).zip(table.lines()) {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let record =
            reader.records().next().unwrap_or_else(|| Ok(csv::StringRecord::new())).expect("it is CSV");
        for (column, cell) in (0..).zip(&record) {
            let date = ExcelDateTime::parse_from_str(cell).ok().filter(|_| {
                writes_dates && cell.len() >= 10 && cell.is_char_boundary(4) && &cell[4..5] == "-"
            });
            match date {
                Some(date) => sheet.write_with_format(line, column, &date, &day),
                None => sheet.write(line, column, cell),
            }
            .expect("it fits");
        }
    }
    workbook
}

fn settings(profile: Profile, folder: &Path) -> Settings {
    let file = exported(profile, folder);
    let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name");
    let text = format!(
        "policy = \"sync\"\nnamespace = \"pms\"\n{}\n[source]\nprofile = \"{}\"\npath = \"{name}\"\n\
         coverage = \"complete\"\nmax_age = \"none\"\n\
         [property]\ntime_zone = \"Europe/Lisbon\"\ncountry = \"GB\"\n[spaces]\nkey = \"room-{{unit}}\"\n\
         [seam]\nendpoint = \"sandbox\"\n",
        additions(profile),
        profile.name
    );
    let path = folder.join("reservation-sync.toml");
    fs::write(&path, text).expect("it can be written");
    load(Some(&path), &Environment::default()).unwrap_or_else(|error| panic!("{}: {error}", profile.name))
}

fn told(read: &SourceRead) -> String {
    let mut told = format!("{} rows, {:?}\n", read.n_rows, read.coverage);
    for reservation in &read.reservations {
        write!(told, "\n{}", reservation.id).expect("a string takes all text");
        if reservation.n_rejected_rows > 0 {
            write!(told, "  rejected rows: {}", reservation.n_rejected_rows)
                .expect("a string takes all text");
        }
        told.push('\n');
        for stay in &reservation.stays {
            writeln!(told, "  {}", line(stay)).expect("a string takes all text");
        }
    }
    for (heading, problems) in [("rejects", &read.rejects), ("warnings", &read.warnings)] {
        if !problems.is_empty() {
            writeln!(told, "\n{heading}").expect("a string takes all text");
        }
        for Problem { source, column, code, message, hint: _ } in problems {
            writeln!(told, "  {source} {column} {code:?}: {message}").expect("a string takes all text");
        }
    }
    told
}

fn line(stay: &Stay) -> String {
    let standing = match stay.standing {
        Standing::Expected => "grant",
        Standing::CheckedIn => "grant, checked in",
        Standing::Revoked => "revoke",
        Standing::Unclear => "unknown status",
        Standing::Ignored => "ignore",
    };
    let place = match &stay.place {
        Place::Unassigned => "no unit".to_owned(),
        Place::Units(units) => format!("{:?}", units.iter().map(ToString::to_string).collect::<Vec<_>>()),
        Place::Spaces(spaces) => format!("{:?}", spaces.iter().map(ToString::to_string).collect::<Vec<_>>()),
    };
    let email = stay.guest.email.as_ref().map_or(String::new(), |email| format!(" {email}"));
    let phone = stay.guest.phone.as_ref().map_or(String::new(), |phone| format!(" {phone}"));
    let [from, until] = [&stay.check_in, &stay.check_out].map(|moment| moment.local.strftime("%F %R"));
    format!("{from} to {until}  {place}  {standing}  \"{}\"{email}{phone}", stay.guest.full_name)
}

#[test]
fn each_sample_of_an_export_gives_the_stays_that_are_written_beside_it() {
    let now: Timestamp = NOW.parse().expect("an instant");
    let mut wrong = Vec::new();
    for profile in Profile::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(*profile, folder.path());
        let read =
            read_file(&settings.source, now).unwrap_or_else(|error| panic!("{}: {error}", profile.name));
        let told = told(&read);
        let expected = root().join(format!("tests/profiles/{}.txt", profile.name));
        if Environment::from_process().get("UPDATE_PROFILES").is_some() {
            fs::write(&expected, &told).expect("it can be written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != told {
            wrong.push(format!("{}:\n{told}", profile.name));
        }
    }
    assert!(wrong.is_empty(), "not as written in tests/profiles:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_stands_beside_the_samples_and_what_is_expected_of_them() {
    for folder in ["samples/profiles", "tests/profiles"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a plain name");
            assert!(Profile::named(name).is_some(), "{}", path.display());
        }
    }
}

fn header(profile: Profile, folder: &Path) -> Vec<String> {
    // What the program says it has seen, when it looks for columns that no file has.
    let mut settings = settings(profile, folder);
    settings.source.columns = ColumnMap::default();
    match read_file(&settings.source, NOW.parse().expect("an instant")) {
        Err(SourceError::Header { seen, .. }) => seen,
        other => panic!("{}: the header should not fit: {other:?}", profile.name),
    }
}

#[test]
fn the_header_of_each_sample_is_recognised_as_the_export_that_it_is() {
    for profile in Profile::ALL.iter().filter(|profile| additions(**profile).is_empty()) {
        let folder = tempfile::tempdir().expect("a folder");
        let header = header(*profile, folder.path());
        let recognised = Profile::recognised(&header).map(|profile| profile.name);
        assert_eq!(recognised, Some(profile.name), "{header:?}");
    }
}

#[test]
fn the_export_of_booking_com_is_known_in_each_language() {
    for header in [
        "Book number|Guest name(s)|Check-in|Check-out|Status|Unit type|Duration (nights)|Cancellation date",
        "Buchungsnummer|Gästename(n)\u{a0}|Anreise|Abreise|Status|Art der Wohneinheit|Stornierungsdatum",
        "Número de reserva|Nombre del cliente (o clientes)|Entrada|Salida|Estado|Tipo de unidad",
        "Broj rezervacije|Ime(na) gosta|Prijava|Odjava|Status|Vrsta jedinice|Datum otkazivanja",
    ] {
        let header: Vec<String> = header.split('|').map(str::to_owned).collect();
        let recognised = Profile::recognised(&header).map(|profile| profile.name);
        assert_eq!(recognised, Some("booking-com"), "{header:?}");
    }
    assert_eq!(Profile::recognised(&["reservation_key".to_owned(), "unit".to_owned()]), None);
}
