//! How long reading takes, how much memory it holds, and the same work in Python beside it:
//! `cargo bench --bench reading`, or with `-- CSV_ROWS WORKBOOK_ROWS`.
//!
//! A file of the hotel in canonical columns and a workbook are written to a temporary folder. Each is read in a process
//! of its own, three times, and the quickest counts; `benches/reading.py` does so too, with the interpreter of `PYTHON`
//! (`python3`, which needs openpyxl for the workbook). A reader that cannot be started is left out and says so.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

#[expect(dead_code, unused_imports, reason = "the other benchmarks use the rest of the hotel")]
mod hotel;
mod kernel;

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use hotel::{Edition, House, Size, bookings};
use kernel::{cpu_seconds, megabytes};
use reservation_sync::config::{Environment, load};
use reservation_sync::source;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const REPEATS: usize = 3;

const CONFIG: &str = r#"policy = "sync"
namespace = "pms"
property = { time_zone = "Europe/Lisbon", country = "PT" }
spaces.key = "room-{unit}"
seam.endpoint = "sandbox"
"#;

/// What is read.
const KINDS: [(&str, &str); 2] = [("csv", "bookings.csv"), ("excel", "bookings.xlsx")];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [] => compare(1_000_000, 100_000),
        [kind, folder] if KINDS.iter().any(|(known, _)| known == kind) => {
            println!("{}", measure(kind, Path::new(folder)));
        }
        [csv_rows, workbook_rows] => compare(number(csv_rows), number(workbook_rows)),
        _ => panic!("give the rows of the CSV file and of the workbook, or nothing"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("the argument is a number of rows")
}

fn compare(n_csv_rows: usize, n_workbook_rows: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Two bookings have a little more than four rows.
    House::new(folder.path().to_owned()).write(
        "bookings.csv",
        &bookings(Size::of(n_csv_rows)),
        Edition::First,
    );
    write_workbook(&folder.path().join("bookings.xlsx"), n_workbook_rows);

    let own = std::env::current_exe().expect("this program has a path");
    #[expect(clippy::disallowed_methods, reason = "a benchmark has no settings")]
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/reading.py");
    println!("{:<24} {Reading}", "", Reading = Reading::HEADINGS);
    for (kind, _) in KINDS {
        let rust = quickest(|| command(own.as_os_str(), &[], kind, folder.path()));
        let script = script.to_str().expect("the path is text");
        let peer = quickest(|| command(python.as_ref(), &[script], kind, folder.path()));
        for (name, reading) in [("reservation-sync", &rust), ("Python", &peer)] {
            match reading {
                Ok(reading) => println!("{:<24} {reading}", format!("{kind}: {name}")),
                Err(reason) => println!("{:<24} left out: {reason}", format!("{kind}: {name}")),
            }
        }
        if let (Ok(rust), Ok(peer)) = (rust, peer) {
            assert_eq!((rust.rows, rust.reservations), (peer.rows, peer.reservations), "both read all of it");
            println!(
                "{:<24} {:>43.1}x {:>29.1}x",
                format!("{kind}: ratio"),
                peer.cpu_seconds / rust.cpu_seconds,
                peer.held_mb / rust.held_mb
            );
        }
    }
}

fn command(program: &std::ffi::OsStr, arguments: &[&str], kind: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg(kind).arg(folder);
    command
}

fn quickest(command: impl Fn() -> Command) -> Result<Reading, String> {
    let mut quickest: Option<Reading> = None;
    for _ in 0..REPEATS {
        let output = command().output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            return Err(told.lines().last().unwrap_or("it failed").to_owned());
        }
        let reading = Reading::parse(&String::from_utf8_lossy(&output.stdout));
        if quickest.as_ref().is_none_or(|quickest| reading.cpu_seconds < quickest.cpu_seconds) {
            quickest = Some(reading);
        }
    }
    quickest.ok_or_else(|| "it was not tried".to_owned())
}

/// What one reader says of one file.
struct Reading {
    rows: u64,
    reservations: u64,
    cpu_seconds: f64,
    wall_seconds: f64,
    held_mb: f64,
    peak_mb: f64,
}

impl Reading {
    const HEADINGS: &str =
        "    rows  reservations  cores x s  seconds    rows/s  held MB  peak MB  bytes/reservation";

    /// The figures in one line, as the readers write them.
    fn parse(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [rows, reservations, cpu_seconds, wall_seconds, held_mb, peak_mb] = words[..] else {
            panic!("a reader writes six figures, not {text}");
        };
        let count = |word: &str| word.parse().expect("a count");
        let figure = |word: &str| word.parse().expect("a figure");
        Self {
            rows: count(rows),
            reservations: count(reservations),
            cpu_seconds: figure(cpu_seconds),
            wall_seconds: figure(wall_seconds),
            held_mb: figure(held_mb),
            peak_mb: figure(peak_mb),
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, reservations, cpu_seconds, wall_seconds, held_mb, peak_mb } = self;
        let (n_rows, n_reservations) = (u32::try_from(*rows), u32::try_from(*reservations));
        let rate = f64::from(n_rows.expect("fewer than 2^32")) / cpu_seconds;
        let bytes = held_mb * 1024.0 * 1024.0 / f64::from(n_reservations.expect("fewer than 2^32"));
        write!(
            formatter,
            "{rows:>8}  {reservations:>12}  {cpu_seconds:>9.3}  {wall_seconds:>7.3}  {rate:>8.0}  {held_mb:>7.0}  \
             {peak_mb:>7.0}  {bytes:>17.0}"
        )
    }
}

/// Reads the file once, as a run does, and tells what it took.
fn measure(kind: &str, folder: &Path) -> String {
    let (_, name) = KINDS.into_iter().find(|(known, _)| *known == kind).expect("it was looked at");
    let config = folder.join(format!("{kind}.toml"));
    let source = format!("source = {{ kind = \"{kind}\", path = \"{name}\", max_age = \"none\" }}\n");
    fs::write(&config, format!("{source}{CONFIG}")).expect("room on the disk");
    let settings = load(Some(&config), &Environment::default()).unwrap_or_else(|error| panic!("{error}"));
    let now = "2026-11-01T20:00:00Z".parse().expect("an instant");
    let (held, computed, began) = (megabytes("VmRSS"), cpu_seconds(), Instant::now());
    let read = source::read_file(&settings.source, now).unwrap_or_else(|error| panic!("{error}"));
    let (wall, computed) = (began.elapsed().as_secs_f64(), cpu_seconds() - computed);
    assert!(read.rejects.is_empty(), "{:?}", read.rejects.first());
    format!(
        "{} {} {computed} {wall} {} {}",
        read.n_rows,
        read.n_reservations,
        megabytes("VmRSS") - held,
        megabytes("VmHWM") - held
    )
}

/// Ten columns: texts, numbers, dates and times, as exports have them.
fn write_workbook(path: &Path, n_rows: usize) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let header = [
        "reservation_key",
        "status",
        "unit",
        "check_in",
        "check_in_time",
        "check_out",
        "guest_key",
        "full_name",
        "email",
        "is_primary",
    ];
    sheet.write_row(0, 0, header).expect("it fits");
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let time = Format::new().set_num_format("hh:mm");
    for row in 1..=u32::try_from(n_rows).expect("a sheet has fewer rows") {
        let number = f64::from(row);
        let day = 46_331.0 + f64::from(row % 700);
        sheet.write(row, 0, 5_000_000_000.0 + number).expect("it fits");
        sheet.write(row, 1, "confirmed").expect("it fits");
        sheet.write(row, 2, 100 + row % 200).expect("it fits");
        let serial = |number| ExcelDateTime::from_serial_datetime(number).expect("a day of this century");
        sheet.write_with_format(row, 3, serial(day), &date).expect("it fits");
        sheet.write_with_format(row, 4, serial(0.625), &time).expect("it fits");
        sheet.write_with_format(row, 5, serial(day + 2.0), &date).expect("it fits");
        sheet.write(row, 6, number).expect("it fits");
        sheet.write(row, 7, format!("Guest Number {row}")).expect("it fits");
        sheet.write(row, 8, format!("guest{row}@example.com")).expect("it fits");
        sheet.write(row, 9, true).expect("it fits");
    }
    workbook.save(path).expect("room on the disk");
}
