//! `[source]`, `[columns]` and `[statuses]`: what the source is told, by the user and by the profile below.

use std::collections::BTreeMap;
use std::path::Path;

use super::node::{Node, Place, Table, Value};
use super::profiles;
use super::section::{Complaint, Section};
use super::source_input::source_input;
use super::values::{arrival_range, duration_or_none, list, text, truth, verbatim, word};
use crate::model::{Coverage, Properties};
use crate::source::{
    CellForms, ColumnMap, DateOrder, Derived, Field, KeptRejects, Meaning, NameForm, OpenEnd, RowOrigin,
    SourceInput, SourceSettings, StatusMap, encoding_named, is_key, joint,
};

/// All that the source is told.
pub(super) fn source(
    root: &mut Section<'_>,
    folder: &Path,
    properties: Option<Properties>,
) -> Option<SourceSettings> {
    let mut section = root.section("source");
    let input = source_input(&mut section, folder);
    let profile = section.take("profile", |node| profiles::laid_under(&text(node)?, folder));
    let coverage =
        section.take("coverage", word(&[("complete", Coverage::Complete), ("partial", Coverage::Partial)]));
    let covers = section.take("covers", arrival_range);
    let whole_reservations = section.take("whole_reservations", truth);
    let max_age = section.take("max_age", duration_or_none);
    let date_order = section.take("date_order", word(&DateOrder::WORDS));
    let open_end = section.take("open_end", word(&[("reject", OpenEnd::Reject), ("allow", OpenEnd::Allow)]));
    let encoding = section.take("encoding", |node| {
        encoding_named(&text(node)?).ok_or_else(|| {
            Complaint::new("unknown encoding").hint("write a name such as \"windows-1252\" or \"utf-8\"")
        })
    });
    let forms = forms(&mut section);
    let skip = skip(&mut section);
    section.finish();
    let rest = if profile.is_some() { Rest::Unused } else { Rest::ByName };
    let columns = ColumnMap { skip, ..columns(root, rest) };
    let statuses = statuses(root);
    let (input, format) = input?;
    // The age of a database is no age of a file.
    let max_age = max_age?.filter(|_| !matches!(input, SourceInput::Database(_)));
    Some(SourceSettings {
        input,
        format,
        columns,
        statuses,
        properties: properties?,
        coverage: coverage?,
        covers,
        whole_reservations: whole_reservations?,
        max_age,
        forms,
        date_order: date_order?,
        open_end: open_end?,
        rejects: KeptRejects::default(),
        origin: RowOrigin::default(),
        encoding,
    })
}

fn forms(section: &mut Section<'_>) -> CellForms {
    CellForms {
        null_words: section.take("null_words", list(text)).unwrap_or_default(),
        unit_separators: section.take("unit_separator", list(verbatim)).unwrap_or_default(),
        unit_ends_at: section.take("unit_ends_at", verbatim),
        range_separator: section.take("range_separator", verbatim),
        guest_separators: section.take("guest_separator", list(verbatim)).unwrap_or_default(),
        name_form: section
            .take("name_form", word(&[("full", NameForm::Full), ("last, first", NameForm::LastFirst)]))
            .unwrap_or_default(),
        cancelled_mark: section.take("cancelled_mark", text),
    }
}

fn skip(section: &mut Section<'_>) -> BTreeMap<String, Vec<String>> {
    let inner = section.section("skip");
    let words = inner.entries().filter_map(|(header, entry)| {
        Some((header.to_owned(), inner.read(header, &entry.node, list(text))?))
    });
    words.collect()
}

/// What becomes of a field that `[columns]` does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is looked for under its own name.
    ByName,
    /// The source has none: what a known export calls `Code` is not our field of that name.
    Unused,
}

/// What an export may lack although its profile names it: without these a guest still gets the right door.
const DEMANDED_OF_PROFILES: [Field; 5] =
    [Field::ReservationKey, Field::Status, Field::Unit, Field::SpaceKey, Field::PropertyTimeZone];

pub(super) fn columns(root: &mut Section<'_>, rest: Rest) -> ColumnMap {
    let mut section = root.section("columns");
    let mut columns = ColumnMap::default();
    for field in Field::ALL {
        let mut is_optional = false;
        let written = section.take(field.as_str(), |node: &Node| {
            is_optional = node.place == Place::Profile && !DEMANDED_OF_PROFILES.contains(&field);
            if let Value::Table(table) = &node.value {
                return derived(field, table).map(ColumnEntry::Derived);
            }
            match list(text)(node)? {
                // Over a profile this says that the export has no such column; of the status it must be said (RULES 11).
                headers if headers.is_empty() && rest == Rest::ByName && field != Field::Status => {
                    Err(Complaint::new("must name a header"))
                }
                headers => Ok(ColumnEntry::Headers(headers)),
            }
        });
        if is_optional {
            columns.optional.insert(field);
        }
        match written {
            Some(ColumnEntry::Headers(headers)) => drop(columns.headers.insert(field, headers)),
            Some(ColumnEntry::Derived(derived)) => drop(columns.derived.insert(field, derived)),
            None if rest == Rest::Unused => drop(columns.headers.insert(field, Vec::new())),
            None => {}
        }
    }
    section.finish();
    columns
}

/// What an entry of `[columns]` says.
enum ColumnEntry {
    Headers(Vec<String>),
    Derived(Derived),
}

/// `{ join = ["Year", "Month", "Day"], with = "-" }`, or `{ value = "villa" }`.
fn derived(field: Field, table: &Table) -> Result<Derived, Complaint> {
    let hint = "write { join = [\"Year\", \"Month\", \"Day\"], with = \"-\" }, or { value = \"villa\" }";
    let unknown = table.keys().find(|key| !["join", "with", "value"].contains(&key.as_str()));
    if let Some(key) = unknown {
        return Err(Complaint::new(format!("unknown key `{key}`")).hint(hint));
    }
    let node = |key: &str| table.get(key).map(|entry| &entry.node);
    match (node("join"), node("with"), node("value")) {
        (None, None, Some(value)) => Ok(Derived::Constant(text(value)?)),
        (Some(headers), with, None) => {
            let headers = list(text)(headers)?;
            if headers.len() < 2 {
                return Err(Complaint::new("`join` must name two headers or more").hint(hint));
            }
            let with = with.map_or_else(|| Ok("-".to_owned()), verbatim)?;
            if is_key(field) && joint(&with).is_none() {
                let complaint = Complaint::new("`with` must tell the parts of a key apart");
                return Err(
                    complaint.hint("write a mark such as \"/\": with it `1` and `23` is not `12` and `3`")
                );
            }
            Ok(Derived::Joined { headers, with })
        }
        _ => Err(Complaint::new("expected `join`, or `value` alone").hint(hint)),
    }
}

/// What the user says goes before what the profile says, and both before the canonical words, which always count.
fn statuses(root: &mut Section<'_>) -> StatusMap {
    let section = root.section("statuses");
    let (mut statuses, mut of_profile) = (StatusMap::empty(), StatusMap::empty());
    let meanings = word(&Meaning::WORDS);
    for (key, entry) in section.entries() {
        let map = if entry.node.place == Place::Profile { &mut of_profile } else { &mut statuses };
        section.read(key, &entry.node, |node| {
            map.insert(key, meanings(node)?).map_err(|error| {
                Complaint::new(error.to_string())
                    .hint("case, spaces, `-` and `_` do not count; keep one of the two")
            })
        });
    }
    statuses.complete(&of_profile);
    statuses.complete(&StatusMap::canonical());
    statuses
}

/// The name of a profile in a file that may have mistakes elsewhere.
pub(super) fn profile_named(table: &Table) -> Option<&str> {
    let Value::Table(source) = &table.get("source")?.node.value else { return None };
    let Value::Text(name) = &source.get("profile")?.node.value else { return None };
    Some(name.trim())
}
