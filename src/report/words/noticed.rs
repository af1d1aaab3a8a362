//! How many guests notice something, and what.

use std::collections::{BTreeMap, BTreeSet};

use super::super::counted;
use super::super::document::{Document, Line};
use crate::event::Outcome;
use crate::plan::{Action, Impact, Phase};

/// One sentence. A guest with two grants is one guest; who gets a first grant notices nothing.
pub(in crate::report) fn noticed(document: &Document) -> String {
    let mut all = BTreeSet::new();
    let mut in_house = BTreeSet::new();
    let mut by_impact: BTreeMap<Impact, BTreeSet<&str>> = BTreeMap::new();
    for line in document.items.iter().filter(|line| is_noticed(line, document)) {
        let guest = guest(line);
        all.insert(guest);
        by_impact.entry(line.impact).or_default().insert(guest);
        if line.phase == Phase::InHouse {
            in_house.insert(guest);
        }
    }
    let verb = if document.tells_outcomes() { "notice" } else { "will notice" };
    if all.is_empty() {
        return if document.tells_outcomes() {
            "No guest notices anything.".to_owned()
        } else {
            "No guest will notice anything.".to_owned()
        };
    }
    let what: Vec<String> = by_impact
        .iter()
        .map(|(impact, guests)| format!("{} for {}", in_words(*impact), guests.len()))
        .collect();
    let house = match in_house.len() {
        0 => String::new(),
        n => format!("; {n} of them in the house"),
    };
    let verb = if all.len() == 1 && document.tells_outcomes() { "notices" } else { verb };
    format!("{} {verb} it: {}{house}.", counted(all.len() as u64, "guest"), what.join(", "))
}

/// In a run, what was done, and what may have been: a lost answer, half of a replace.
fn is_noticed(line: &Line, document: &Document) -> bool {
    let is_change = !matches!(line.action, Action::Hold | Action::None);
    let happens = !document.tells_outcomes()
        || match line.outcome {
            Some(Outcome::Done | Outcome::AlreadySo | Outcome::Unknown) => true,
            Some(Outcome::Failed) => line.action == Action::Replace,
            Some(Outcome::Stale | Outcome::Skipped) | None => false,
        };
    is_change && line.impact != Impact::Seamless && happens
}

fn guest(line: &Line) -> &str {
    let view = line.after.as_ref().or(line.before.as_ref());
    view.and_then(|view| view.user_identity_key.as_ref()).map_or(line.key.as_str(), |key| key.as_str())
}

fn in_words(impact: Impact) -> &'static str {
    match impact {
        Impact::Seamless => "nothing",
        Impact::Reissue => "what opens the door is issued again",
        Impact::Replace => "something new opens the door",
        Impact::Desk => "a visit to the desk",
        Impact::Revoke => "the doors no longer open",
    }
}
