//! Inputs at the edge of what a file can be.

use std::fs;

use super::endurance_hotel::{Holdings, Hotel, Ran, Row};

const HEAD: &str = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n";

/// A hotel that holds two grants, and then reads this.
async fn check(text: &[u8]) -> (Ran, bool) {
    let hotel = Hotel::embedded(4);
    let rows: Vec<Row> = (0..2).map(|number| Row::new(number, number, 2, 3)).collect();
    hotel.write(&rows);
    hotel.run(None).await.assert_code(0);
    fs::write(hotel.path("rows.csv"), text).expect("written");
    let ran = hotel.run(None).await;
    let options = reservation_sync::sandbox::SandboxOptions {
        state: Some(hotel.path("sandbox.json")),
        ..Default::default()
    };
    let sandbox = reservation_sync::sandbox::Sandbox::start(options).await.expect("the sandbox starts");
    let untouched = Holdings::of(&sandbox.snapshot()) == hotel.expected(&rows);
    (ran, untouched)
}

#[tokio::test]
async fn a_file_without_a_byte_is_no_source_and_revokes_nothing() {
    for text in ["", "\n", "\u{feff}", "\r\n\r\n"] {
        let (ran, untouched) = check(text.as_bytes()).await;
        ran.assert_code(6);
        assert!(ran.told.contains("hint:") && untouched, "{text:?}: {}", ran.told);
    }
}

#[tokio::test]
async fn a_file_with_nothing_but_a_header_is_a_quiet_night_and_revokes_nothing() {
    for text in [HEAD, HEAD.trim_end()] {
        let (ran, untouched) = check(text.as_bytes()).await;
        ran.assert_code(0);
        assert_eq!((ran.number("/source/rows"), ran.number("/calls/writes"), untouched), (0, 0, true));
    }
}

#[tokio::test]
async fn a_line_of_a_megabyte_spoils_neither_memory_nor_the_other_lines() {
    let long = "x".repeat(1 << 20);
    let row = |key: &str, name: &str| format!("{key},confirmed,2,2026-12-03,2026-12-06,{key},{name}\n");
    let text = format!("{HEAD}{}{}", row("LONG", &long), row("R9", "Ana Ferro"));
    let (ran, _) = check(text.as_bytes()).await;
    assert_eq!(ran.number("/source/rows"), 2, "{}", ran.told);
    let report = ran.document.to_string();
    assert!(report.len() < 100_000, "a report of {} bytes repeats the line", report.len());
    assert!(report.contains("R9"), "{report}");

    let (ran, untouched) = check(long.as_bytes()).await;
    ran.assert_code(6);
    assert!(ran.told.len() < 10_000 && untouched, "{} bytes on stderr", ran.told.len());
}
