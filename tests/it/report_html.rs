//! The report for a browser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reservation_sync::plan::Plan;
use reservation_sync::report::document::{Document, Header, Kind};
use reservation_sync::report::html::{SCRIPT_HASH, STYLE_HASH, render};
use sha2::{Digest as _, Sha256};

use super::report_hostile::{TEXTS, document, hostile, misleads};
use super::report_sample::{header, plan, source_read};

const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// The tags of a page: name and attributes; an end tag begins with a slash. Style and script hold none.
fn tags(page: &str) -> Vec<(&str, &str)> {
    let (head, rest) = page.split_once(STYLE).expect("the style stands in the page");
    let (body, end) = rest.split_once(SCRIPT).expect("the script stands in the page");
    let mut tags = Vec::new();
    for part in [head, body, end] {
        for tag in part.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("a bare `<` before {tag}"));
            tags.push(tag.split_once([' ', '\n']).unwrap_or((tag, "")));
        }
    }
    tags
}

/// Every element is closed by its own end tag.
fn check_structure(page: &str) {
    const VOID: [&str; 5] = ["!doctype", "meta", "input", "col", "br"];
    let mut open = Vec::new();
    for (name, _) in tags(page) {
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "in {open:?}"),
            None if VOID.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

fn plan_page() -> String {
    let header = Header { dry_run: true, ..header(Kind::Plan) };
    render(&Document::of_plan(header, &source_read(), &plan()))
}

#[test]
fn the_page_tells_what_a_night_manager_asks() {
    let page = plan_page();
    for told in [
        "<html lang=\"en\">",
        "DRY RUN: nothing will be written",
        "<h1>Plan: 2 create, 1 update (1 re-issue in-house), 1 replace, 1 revoke, 2 held, 2 rejected, 810 unchanged.",
        "8 calls, about 00:06; slowest door Lobby.",
        "3 guests will notice it: what opens the door is issued again for 1, something new opens the door for 1, \
         the doors no longer open for 1; 1 of them in the house.",
        "<time datetime=\"2026-11-30\">Monday, 30 November 2026</time>",
        "<bdi>2026-12-02 11:00Z</bdi></del> <span class=\"arrow\">→</span> <ins><bdi>2026-12-04 11:00:30Z</bdi>",
        "<bdi class=\"name\">Ana Sousa</bdi>",
        "Needs a hand",
        "room 101 is taken by R1017 on the same night",
        "write dates as 2026-12-31",
        "write it as +44 7700 900123",
        "data-action=\"replace\" data-impact=\"replace\"",
    ] {
        assert!(page.contains(told), "`{told}` in {page}");
    }
    assert_eq!(page.matches("<tr role=\"row\" id=\"line-").count(), 7);
    assert_eq!(page.matches("<section class=\"day\"").count(), 3);
    for landmark in ["header", "main", "footer", "h1"] {
        assert_eq!(tags(&page).iter().filter(|(name, _)| *name == landmark).count(), 1, "{landmark}");
    }
}

#[test]
fn a_run_tells_what_went_wrong_and_the_command_that_releases_a_guard() {
    let page = render(&document());
    for told in [
        "<h1>Until then: 1 created, 1 updated (1 re-issued in-house)",
        "<pre><code>reservation-sync run -c hotel.toml --allow max_cancel=31@LIS --reason &#34;…&#34;</code></pre>",
        "<span class=\"word failed\">failed</span>",
        "the guest cannot get in until the next run",
        "max_delete=40, because a group left",
    ] {
        assert!(page.contains(told), "`{told}` in {page}");
    }
    check_structure(&page);
}

#[test]
fn a_page_without_lines_has_no_empty_tables_and_no_filter() {
    let idle = Plan { n_unchanged: 810, ..Plan::default() };
    let page = render(&Document::new(header(Kind::Plan)).with_plan(&idle));
    assert!(page.contains("Nothing is to change.") && !page.contains("<table") && !page.contains("<form"));
    check_structure(&page);
    let died = Document::new(header(Kind::Run)).with_failure("Seam refused the key", "check SEAM_API_KEY");
    let page = render(&died);
    for told in [
        "Stopped before there was a plan.",
        "Seam refused the key",
        "check SEAM_API_KEY",
        "Nothing was written",
    ] {
        assert!(page.contains(told), "`{told}` in {page}");
    }
    check_structure(&page);
}

#[test]
fn everything_from_outside_is_escaped() {
    let names = |page: &str| tags(page).iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    let harmless = names(&render(&hostile("harmless")));
    for text in TEXTS {
        let page = render(&hostile(text));
        check_structure(&page);
        assert_eq!(names(&page), harmless, "{text}");
        for (name, attributes) in tags(&page) {
            assert!(
                !attributes.contains("onerror") && !attributes.contains("onmouseover"),
                "<{name} {attributes}>"
            );
        }
        assert!(!page.chars().any(|c| misleads(c) && c != '\n'), "{text}");
    }
}

#[test]
fn the_page_loads_nothing_and_allows_nothing_but_its_own_style_and_script() {
    let page = plan_page();
    for (name, attributes) in tags(&page) {
        for loads in ["src=", "srcset=", "style=", "action=\"h", "on"] {
            assert!(
                !attributes.split(' ').any(|attribute| attribute.starts_with(loads)),
                "<{name} {attributes}>"
            );
        }
        assert!(!["link", "base", "iframe", "object", "img"].contains(&name), "<{name} {attributes}>");
        if let Some((_, target)) = attributes.split_once("href=") {
            assert!(target.starts_with("\"#"), "<{name} {attributes}>");
        }
    }
    for word in ["url(", "@import", "fetch(", "innerHTML", "eval(", "http"] {
        assert!(!STYLE.contains(word) && !SCRIPT.contains(word), "{word}");
    }
    assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"), "{page}");
}

#[test]
fn the_policy_has_the_hashes_of_the_style_and_the_script() {
    for (text, hash) in [(STYLE, STYLE_HASH), (SCRIPT, SCRIPT_HASH)] {
        let expected = format!("sha256-{}", STANDARD.encode(Sha256::digest(text)));
        assert_eq!(hash, expected, "write the right one into src/report/html/mod.rs");
        assert!(plan_page().contains(&format!("'{expected}'")));
    }
    assert!(plan_page().contains(&format!("<style>{STYLE}</style>")));
    assert!(plan_page().contains(&format!("<script>{SCRIPT}</script>")));
}

#[test]
fn every_link_and_label_within_the_page_leads_somewhere_once() {
    let page = render(&document());
    let of = |attribute: &str| -> Vec<String> {
        tags(&page)
            .iter()
            .filter_map(|(_, attributes)| {
                let (_, value) = attributes.split_once(&format!("{attribute}=\""))?;
                value.split_once('"').map(|(value, _)| value.to_owned())
            })
            .collect()
    };
    let ids: Vec<String> = tags(&page)
        .iter()
        .filter_map(|(_, attributes)| {
            let value = attributes.split(' ').find_map(|attribute| attribute.strip_prefix("id=\""))?;
            Some(value.trim_end_matches('"').to_owned())
        })
        .collect();
    for target in
        of("href").iter().map(|target| target.trim_start_matches('#').to_owned()).chain(of("aria-labelledby"))
    {
        assert_eq!(ids.iter().filter(|id| **id == target).count(), 1, "{target} in {ids:?}");
    }
}
