//! One test a folder of `tests/scenarios/`, so that a failure is called after what happens to a guest.

use std::collections::BTreeSet;
use std::fs;

use super::scenario_night::{check, folder};

macro_rules! scenarios {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                check(&in_words(stringify!($name)));
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    first_night,
}

/// A test has underscores where its folder has hyphens.
fn in_words(name: &str) -> String {
    name.replace('_', "-")
}

#[test]
fn every_folder_of_scenarios_has_its_test() {
    let folders: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in plain letters"))
        .collect();
    let tests: BTreeSet<String> = NAMES.iter().map(|name| in_words(name)).collect();
    assert_eq!(folders, tests);
}
