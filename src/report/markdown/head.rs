//! What it is, what it comes to, and what stops it.

use std::fmt::Write as _;

use super::super::document::Document;
use super::super::text::in_one_line;
use super::super::words::{Advice, is_of_status, noticed, remedy};
use super::escape::{block, code, escaped};

/// So many warnings about the status stand at the top.
const MAX_STATUSES: usize = 5;

const WRITABLE: &str = "a string takes everything";

/// The headline with the counts, who notices, what was read, and why it ended early.
pub(super) fn opening(document: &Document, out: &mut String) {
    if document.dry_run {
        out.push_str("**DRY RUN: nothing will be written**\n\n");
    }
    match in_one_line(document) {
        Some(line) => writeln!(out, "## {}\n", escaped(&line)),
        None => writeln!(out, "## Stopped before there was a plan\n"),
    }
    .expect(WRITABLE);
    if let Some(failure) = &document.error {
        writeln!(out, "**Stopped:** {}\n", escaped(&failure.message)).expect(WRITABLE);
        helps(document, out);
        if document.calls.writes == 0 {
            out.push_str("Nothing was written to Seam.\n\n");
        }
    } else if !document.changes_something() {
        out.push_str("Nothing is to change.\n\n");
    }
    if document.changes_something() {
        writeln!(out, "{}\n", noticed(document)).expect(WRITABLE);
    }
    if let Some(source) = &document.source {
        let coverage = source.coverage_in_words();
        writeln!(out, "Source {}: {} ({coverage}).  ", code(&source.location), source.size_in_words())
            .expect(WRITABLE);
    }
    for notice in document.warnings.iter().filter(|notice| is_of_status(&notice.code)).take(MAX_STATUSES) {
        writeln!(out, "**{}:** {}.  ", escaped(&notice.source), escaped(&notice.message)).expect(WRITABLE);
    }
    if let Some(scope) = &document.scope {
        writeln!(out, "Limited to {}.  ", escaped(&scope.in_words())).expect(WRITABLE);
    }
    let kind = if document.tells_outcomes() { "Run" } else { "Plan" };
    write!(out, "{kind} {}", code(document.run_id.as_str())).expect(WRITABLE);
    if let Some(workspace_id) = &document.workspace_id {
        write!(out, " in workspace {}", code(workspace_id.as_str())).expect(WRITABLE);
    }
    writeln!(out, ", {}.\n", document.started_at.strftime("%Y-%m-%d %H:%MZ")).expect(WRITABLE);
    for allowed in &document.allowances {
        writeln!(out, "Allowed: {}, because {}.\n", code(&allowed.allow), escaped(&allowed.reason))
            .expect(WRITABLE);
    }
}

/// Guards that stop it, and the command that lets it pass.
pub(super) fn guards(document: &Document, out: &mut String) {
    if !document.guards.iter().any(|guard| guard.tripped) {
        return;
    }
    out.push_str(
        "### Guards that stop this\n\n| guard | counted | at most | of |\n| --- | ---: | ---: | --- |\n",
    );
    for guard in document.guards.iter().filter(|guard| guard.tripped) {
        let (name, scope) = (escaped(&guard.guard), escaped(&guard.scope));
        writeln!(out, "| {name} | {} | {} | {scope} |", guard.count, guard.limit).expect(WRITABLE);
    }
    out.push('\n');
    if document.error.is_none() {
        helps(document, out);
    }
}

/// What helps, each command in a block of its own.
fn helps(document: &Document, out: &mut String) {
    for Advice { words, command } in remedy(document) {
        if !words.is_empty() {
            writeln!(out, "**Hint:** {}\n", escaped(&words)).expect(WRITABLE);
        }
        if !command.is_empty() {
            out.push_str(&block(&command));
            out.push('\n');
        }
    }
}
