//! What needs somebody, before what is done.

use std::fmt::Write;

use super::TextOptions;
use super::paint::{Paint, detail, exact, painted};
use crate::report::document::Document;
use crate::report::visible::visible;

const WRITABLE: &str = "a string takes everything";

/// The matters, by deadline: who, where and when, and the commands that help.
pub(super) fn matters(document: &Document, options: TextOptions, out: &mut String) {
    if document.matters.is_empty() {
        return;
    }
    writeln!(out, "{}", painted(Paint::Heading, "Needs somebody", options)).expect(WRITABLE);
    for matter in &document.matters {
        let mark = painted(Paint::Bad, if matter.needs_person { "!" } else { "i" }, options);
        let reservations: Vec<String> =
            matter.reservations.iter().map(|key| visible(key.as_str()).into_owned()).collect();
        let due = if matter.needs_person {
            format!("  by {}", matter.deadline.strftime("%Y-%m-%d %H:%MZ"))
        } else {
            String::new()
        };
        writeln!(out, "{mark} {}  {}{due}", visible(&matter.unit), reservations.join(", ")).expect(WRITABLE);
        detail("what", &visible(&matter.consequence), options, out);
        for command in matter.remedy.lines() {
            exact("command", &visible(command), out);
        }
    }
    out.push('\n');
}
