//! The report for a pull request or a chat.

use insta::assert_snapshot;
use reservation_sync::plan::Plan;
use reservation_sync::report::document::{Document, Header, Kind};
use reservation_sync::report::markdown::render;

use super::report_hostile::{TEXTS, document, hostile, misleads};
use super::report_sample::{header, plan, source_read};

#[test]
fn a_plan_is_told_with_its_tables() {
    let header = Header { dry_run: true, ..header(Kind::Plan) };
    assert_snapshot!(render(&Document::of_plan(header, &source_read(), &plan())));
}

#[test]
fn a_run_that_a_guard_stopped_is_told_with_the_command_that_releases_it() {
    let text = render(&document());
    assert!(
        text.contains("```sh\nreservation-sync run -c hotel.toml --allow max_cancel=31@LIS --reason"),
        "{text}"
    );
    assert_snapshot!(text);
}

#[test]
fn a_plan_without_changes_is_short() {
    let plan = Plan { n_unchanged: 810, ..Plan::default() };
    assert_snapshot!(render(&Document::new(header(Kind::Plan)).with_plan(&plan)), @r"
    ## Plan: 0 create, 0 update, 0 replace, 0 revoke, 0 held, 0 rejected, 810 unchanged. 0 calls, about 00:00.

    Nothing is to change.

    Plan `01970000-0000-7000-8000-000000000001` in workspace `11111111-1111-4111-8111-111111111111`, 2026-12-01 02:00Z.
    ");
}

#[test]
fn many_new_grants_are_folded_and_what_is_too_much_is_counted() {
    let mut many = plan();
    let create = many.items.iter().find(|item| item.reservation.key.as_str() == "R1017").expect("a create");
    many.items = (0..130).map(|_| create.clone()).collect();
    many.steps.clear();
    let text = render(&Document::new(header(Kind::Plan)).with_plan(&many));
    assert!(text.contains("<details>\n<summary>New grants: 130</summary>\n\n| arrival |"), "{text}");
    assert!(text.contains("… and 30 more; the JSON, CSV and HTML reports list them all.\n\n</details>"));
    assert_eq!(text.matches("| Ana Sousa<br>LIS/R1017 |").count(), 100);
    assert!(text.len() < 65_536);
}

#[test]
fn nothing_from_outside_is_markup() {
    for text in TEXTS {
        let markdown = render(&hostile(text));
        let mut rest = markdown.clone();
        for ours in ["<br>", "<details>", "</details>", "<summary>", "</summary>"] {
            rest = rest.replace(ours, "");
        }
        let outside_code: String = rest.split('`').step_by(2).collect();
        if !text.contains('`') {
            assert!(!outside_code.contains('<'), "{markdown}");
            assert!(!outside_code.contains("@everyone") && !outside_code.contains("http://"), "{markdown}");
        }
        assert!(!markdown.chars().any(|c| misleads(c) && c != '\n'), "{markdown}");
        for row in markdown.lines().filter(|line| line.starts_with('|')) {
            let n_cells = row.replace("\\\\", "").replace("\\|", "").matches('|').count() - 1;
            assert!([4, 5, 6].contains(&n_cells), "{n_cells} cells in {row}");
        }
        let headings = markdown.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(headings, render(&document()).lines().filter(|line| line.starts_with('#')).count());
    }
}
