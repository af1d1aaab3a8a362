//! The first block of the README, as a stranger runs it: twice, in a copy of what the repository holds.

use std::fs;
use std::path::Path;

use super::cli_program::Place;

#[test]
fn the_demo_creates_its_grants_once_and_then_has_nothing_to_do() {
    let place = Place::new();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["config", "samples"] {
        fs::create_dir(place.path(folder)).expect("a folder");
        for entry in fs::read_dir(repository.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let to = place.path(folder).join(path.file_name().expect("a name"));
                fs::copy(&path, to).expect("a copy");
            }
        }
    }
    let demo = ["run", "--config", "config/demo.toml", "--format", "json"];
    let first = place.run(&demo).report();
    let second = place.run(&demo).report();
    let wanted = first["counts"]["create"].as_u64().expect("a number");
    assert!(wanted > 200, "{}", first["counts"]);
    assert_eq!((first["exit_code"].as_u64(), second["exit_code"].as_u64()), (Some(0), Some(0)));
    assert_eq!(first["counts"]["failed"], 0);
    assert_eq!(second["counts"]["unchanged"], wanted);
    assert_eq!((&second["calls"]["writes"], second["items"].as_array().map(Vec::len)), (&0.into(), Some(0)));
    let text = place.run(&demo[..3]);
    assert!(text.code == 0 && text.stdout.contains("Nothing is to change.\n"), "{text:#?}");
}
