//! What the fuzz targets have in common: settings, and what must be true of every read, whatever was read.

use std::io::{self, Read};
use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use reservation_sync::config::{Environment, load_text};
use reservation_sync::model::{Guest, Place, SourceRead, Stay};
use reservation_sync::source::{self, FileFormat, KeptRejects, RowOrigin, SourceError, SourceSettings};

/// Sources of one kind, told apart by how they write what they write.
const SOURCES: [&str; 5] = [
    r#"kind = "csv""#,
    r#"kind = "csv"
date_order = "dmy""#,
    r#"kind = "csv"
date_order = "mdy"
name_form = "last, first"
guest_separator = [";", "/"]
unit_separator = [",", "+"]
unit_ends_at = "("
null_words = ["TBA"]
cancelled_mark = "[CANCELED]""#,
    r#"kind = "csv"
profile = "cloudbeds""#,
    r#"kind = "csv"
profile = "opera""#,
];

const REST: &str = r#"policy = "sync"
namespace = "pms"
spaces.key = "room-{unit}"
seam.endpoint = "sandbox"
property = { time_zone = "Europe/Lisbon", country = "PT" }
"#;

static SETTINGS: LazyLock<Vec<SourceSettings>> = LazyLock::new(|| SOURCES.map(settings).into());

fn settings(source: &str) -> SourceSettings {
    let text = format!("{REST}[source]\npath = \"input\"\nmax_age = \"none\"\n{source}\n");
    load_text(&text, Path::new("fuzz.toml"), &Environment::default())
        .unwrap_or_else(|error| panic!("{error}"))
        .source
}

/// The settings that a byte chooses.
pub fn chosen(byte: u8) -> SourceSettings {
    let choice = usize::from(byte);
    let settings = SETTINGS[choice % SOURCES.len()].clone();
    let origin = if choice / SOURCES.len() % 4 == 3 { RowOrigin::RejectsFile } else { RowOrigin::Source };
    SourceSettings { origin, rejects: KeptRejects::Rows, ..settings }
}

/// The same for a workbook.
pub fn for_workbooks(byte: u8) -> SourceSettings {
    SourceSettings { format: FileFormat::Excel { sheet: None }, ..chosen(byte) }
}

/// Reads bytes as the program reads a file, and looks at what comes of it.
pub fn examine(bytes: &[u8], settings: &SourceSettings) {
    let now: Timestamp = "2026-05-01T08:00:00Z".parse().expect("an instant");
    let read = source::read_from(bytes, "input", settings, now);
    if let Ok(read) = &read {
        assert_sound(read, now);
    }
    // However the bytes come in, the same is read.
    let slow = source::read_from(Dribble(bytes), "input", settings, now);
    assert_eq!(told(&slow), told(&read));
}

fn told(read: &Result<SourceRead, SourceError>) -> String {
    format!("{read:?}")
}

fn assert_sound(read: &SourceRead, now: Timestamp) {
    assert_eq!(read.rejects.len(), read.rejected_rows.rows.len(), "every reject has its row");
    assert!(read.rejects.len() as u64 <= read.n_rows, "no row is rejected twice");
    assert_eq!(read.n_reservations, read.reservations.len());
    assert!(read.reservations.windows(2).all(|pair| pair[0].id < pair[1].id), "each once, in order");
    for reservation in &read.reservations {
        assert!(!reservation.id.key.as_str().is_empty(), "a reservation has a key");
        assert!(!reservation.stays.is_empty() || reservation.n_rejected_rows > 0, "it comes from a row");
        reservation.stays.iter().for_each(|stay| assert_stay(stay, now));
    }
    let problems = read.rejects.iter().chain(&read.warnings);
    assert!(problems.clone().all(|problem| !problem.message.is_empty()), "a problem says what is wrong");
}

fn assert_stay(stay: &Stay, now: Timestamp) {
    assert!(stay.check_in.instant < stay.check_out.instant, "a stay ends after it begins: {stay:?}");
    let years_ahead = |instant: Timestamp| (instant.as_second() - now.as_second()) / (366 * 24 * 3600);
    assert!(years_ahead(stay.check_in.instant) <= 3, "an arrival is plausible: {stay:?}");
    // A far departure is cut to the end of the third year after the arrival.
    assert!(years_ahead(stay.check_out.instant) <= 7, "a departure is plausible: {stay:?}");
    match &stay.place {
        Place::Unassigned => {}
        Place::Units(units) => {
            assert!(!units.is_empty() && units.iter().all(|unit| !unit.as_str().trim().is_empty()));
        }
        Place::Spaces(keys) => {
            assert!(!keys.is_empty() && keys.iter().all(|key| !key.as_str().trim().is_empty()));
        }
    }
    let Guest { key, full_name, email, phone, is_primary: _ } = &stay.guest;
    assert!(key.as_ref().is_none_or(|key| !key.as_str().is_empty()));
    assert_eq!(full_name.trim(), full_name.to_string(), "a name is trimmed");
    if let Some(email) = email {
        let text = email.as_str();
        assert!(text.contains('@') && !text.contains(char::is_whitespace), "{text:?}");
    }
    if let Some(phone) = phone {
        let digits = phone.as_str().strip_prefix('+').expect("a number is in E.164");
        assert!((2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    }
}

/// Gives a few bytes at a time.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = buffer.len().min(7);
        self.0.read(&mut buffer[..n_bytes])
    }
}
