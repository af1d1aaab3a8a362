//! The namespace of a new configuration: a name that says whose it is, and an end that no other one has (RULES 2).

use std::path::Path;

use uuid::Uuid;

/// How many characters of a folder or file are kept.
const N_KEPT: usize = 24;

/// How many random letters end it.
const N_RANDOM: usize = 4;

/// A namespace for the configuration at a path: its folder, or else the file of the source, and four random letters.
///
/// Two hotels whose folders have one name share a workspace without sharing a namespace.
pub fn fresh_namespace(config: &Path, source: Option<&Path>) -> String {
    let absolute = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
    let folder = absolute.parent().and_then(Path::file_name);
    let file = source.and_then(Path::file_stem);
    let names = [folder, file].into_iter().flatten().map(|name| slug(&name.to_string_lossy()));
    let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "hotel".to_owned());
    format!("{name}-{}", random_letters())
}

/// The letters and digits of a name in lower case, with `-` between its words.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    joined.chars().take(N_KEPT).collect::<String>().trim_end_matches('-').to_owned()
}

fn random_letters() -> String {
    let random = Uuid::new_v4();
    random.as_bytes().iter().take(N_RANDOM).map(|byte| char::from(b'a' + byte % 26)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::Namespace;

    #[test]
    fn a_namespace_is_named_after_the_folder_or_else_the_file() {
        let check = |config: &str, source: Option<&str>, expected: &str| {
            let namespace = fresh_namespace(Path::new(config), source.map(Path::new));
            assert!(Namespace::new(&namespace).is_ok(), "{namespace}");
            let (name, end) = namespace.rsplit_once('-').expect("an end");
            assert_eq!(name, expected, "{config}");
            assert!(end.len() == 4 && end.bytes().all(|byte| byte.is_ascii_lowercase()), "{namespace}");
        };
        check("/srv/Casa do Mar/sync.toml", Some("stays.csv"), "casa-do-mar");
        check("/srv/_/sync.toml", Some("exports/Mar & Sol 2026.csv"), "mar-sol-2026");
        check("/sync.toml", Some("酒店.csv"), "hotel");
        check("/sync.toml", None, "hotel");
        check("/srv/a very long name of a very small hotel/x.toml", None, "a-very-long-name-of-a-ve");
    }

    #[test]
    fn a_namespace_is_another_one_each_time() {
        let namespaces: BTreeSet<String> =
            (0..50).map(|_| fresh_namespace(Path::new("/srv/hotel/sync.toml"), None)).collect();
        assert!(namespaces.len() > 45, "{namespaces:?}");
    }
}
