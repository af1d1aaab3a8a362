//! How long a workbook of 100,000 rows takes, in seconds of computing: `cargo bench --bench workbook`.
//!
//! It is written to a temporary folder and read three times. With `-- PATH` it is only written, for another reader:
//! `benches/openpyxl_rows.py PATH` goes through the same cells with openpyxl in its read-only mode.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use std::fs;
use std::path::Path;

use reservation_sync::config::{Environment, load};
use reservation_sync::source;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const N_ROWS: u32 = 100_000;

const CONFIG: &str = r#"policy = "sync"
namespace = "pms"
source = { kind = "excel", path = "bookings.xlsx", max_age = "none" }
property.time_zone = "Europe/Lisbon"
spaces.key = "room-{unit}"
seam.endpoint = "sandbox"
"#;

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [path] = paths.as_slice() {
        return write(Path::new(path));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&folder.path().join("bookings.xlsx"));
    let config = folder.path().join("reservation-sync.toml");
    fs::write(&config, CONFIG).expect("room on the disk");
    let settings = load(Some(&config), &Environment::default()).unwrap_or_else(|error| panic!("{error}"));
    let now = "2026-11-01T20:00:00Z".parse().expect("an instant");
    for _ in 0..3 {
        let before = cpu_seconds();
        let read = source::read_file(&settings.source, now).expect("our own workbook");
        let seconds = cpu_seconds() - before;
        assert_eq!((read.n_rows, read.rejects.len()), (u64::from(N_ROWS), 0));
        println!("{N_ROWS} rows of a workbook to reservations: {seconds:.3} s of computing");
    }
}

/// Ten columns: texts, numbers, dates and times, as exports have them.
fn write(path: &Path) {
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
    for row in 1..=N_ROWS {
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

/// How long this thread was computing; other programs do not count.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}
