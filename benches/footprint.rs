//! How much memory a night's work takes before the first call, and how long, once, for any number of rows:
//! `cargo bench --bench footprint -- 1000000`, with `1` behind it where each booking is to have one guest and
//! one row. Each night is worked in a process of its own, whose peak is told by the kernel.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

mod hotel;
mod kernel;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use hotel::{Edition, House, Size, bookings, workspace};
use kernel::{cpu_seconds, megabytes};
use reservation_sync::mapping::Directory;

const NIGHTS: [&str; 3] = ["empty-workspace", "nothing-changed", "2-percent-changed"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [] => all_nights(Size::of(100_000)),
        [n_rows] => all_nights(Size::of(number(n_rows))),
        [n_rows, most_guests] => all_nights(size(n_rows, most_guests)),
        [night, n_rows, most_guests, folder] => {
            one_night(night, size(n_rows, most_guests), Path::new(folder));
        }
        _ => panic!("give the number of rows, or nothing"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("the argument is a number of rows, and the second one of guests")
}

fn size(n_rows: &str, most_guests: &str) -> Size {
    Size { n_rows: number(n_rows), most_guests: number(most_guests) }
}

fn all_nights(size: Size) {
    let Size { n_rows, most_guests } = size;
    println!(
        "{:<18} {:>8}  {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}  {:>5} {:>5} {:>5} {:>5}   {:>5} {:>5} {:>5} {:>5}",
        "night",
        "rows",
        "read",
        "map",
        "plan",
        "check",
        "r+m+p",
        "cpu s",
        "Seam",
        "read",
        "map",
        "plan",
        "read",
        "map",
        "plan",
        "check"
    );
    println!("{:<28}{:<43} {:<25}MB at the peak until", "", "seconds that pass", "MB held after");
    for night in NIGHTS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = std::env::current_exe().expect("this program has a path");
        let status = Command::new(program)
            .args([night, &n_rows.to_string(), &most_guests.to_string()])
            .arg(folder.path())
            .status();
        assert!(status.expect("this program starts").success(), "the night of {night} failed");
    }
}

fn one_night(name: &str, size: Size, folder: &Path) {
    let mut house = House::new(folder.to_owned());
    let bookings = bookings(size);
    let rows: usize = bookings.iter().map(hotel::Booking::n_rows).sum();
    let edition = if name == NIGHTS[2] { Edition::NextNight } else { Edition::First };
    let file = house.write("bookings.csv", &bookings, edition);
    let inventory = if name == NIGHTS[0] { workspace(size) } else { house.converged(size, &bookings) };
    drop(bookings);

    let cpu_before = cpu_seconds();
    let mut instants = vec![Instant::now()];
    let (mut held, mut peak) = (vec![megabytes("VmRSS")], Vec::new());
    let mut note = || {
        instants.push(Instant::now());
        held.push(megabytes("VmRSS"));
        peak.push(megabytes("VmHWM"));
    };
    let read = house.read(&file);
    note();
    let directory = Directory::of(&inventory);
    let access = house.access(&directory, &inventory);
    let desired = house.map(read.reservations, &directory, &access);
    note();
    let input = house.input(&directory, &desired, &inventory, &access);
    let plan = House::plan(&input);
    note();
    let plan = House::check(plan, &input);
    note();

    let cpu = cpu_seconds() - cpu_before;
    let took = |from: usize, to: usize| (instants[to] - instants[from]).as_secs_f64();
    let parts: Vec<String> = (0..4).map(|part| format!("{:>6.3}", took(part, part + 1))).collect();
    let of_memory = |megabytes: &[f64]| -> String {
        megabytes.iter().map(|megabytes| format!("{megabytes:>5.0}")).collect::<Vec<_>>().join(" ")
    };
    println!(
        "{name:<18} {rows:>8}  {} {:>6.3} {cpu:>6.2}  {}  {}",
        parts.join(" "),
        took(0, 3),
        of_memory(&held[..4]),
        of_memory(&peak),
    );
    let counts = plan.counts();
    assert!(counts.held == 0, "a hotel without overlaps holds nothing");
}
