//! The address of the store, with the path of its file made absolute.

use std::path::{Path, PathBuf};

use super::paths;
use super::section::Complaint;

/// Where the store lies.
pub(super) struct StoreLocation {
    pub(super) url: String,
    pub(super) folder: PathBuf,
}

/// Makes the path of `sqlite://path` absolute; it starts from the folder of the configuration.
pub(super) fn locate(url: &str, folder: &Path) -> Result<StoreLocation, Complaint> {
    let hint = "write url = \"sqlite://reservation-sync.db\" in [store]";
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(Complaint::new("this version keeps its record in SQLite").hint(hint));
    }
    let bad = |message: &str| Complaint::new(message).hint(hint);
    let rest = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    let rest = rest.ok_or_else(|| bad("expected an address that begins with sqlite://"))?;
    if rest.is_empty() || rest.starts_with(":memory:") {
        return Err(bad("the record must outlive the run, so it needs a file"));
    }
    if rest.contains('?') {
        return Err(bad("the address takes no options"));
    }
    // The path stands in the address as it is; the store decodes nothing.
    let path = paths::join(folder, rest);
    let text = path.to_str().ok_or_else(|| bad("the path is not UTF-8"))?;
    let folder = path.parent().unwrap_or(folder).to_owned();
    Ok(StoreLocation { url: format!("sqlite://{text}"), folder })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, folder: &str, expected: Result<(&str, &str), &str>) {
        let located = locate(url, Path::new(folder));
        let located = located
            .map(|location| (location.url, location.folder.display().to_string()))
            .map_err(|c| c.message);
        let located =
            located.as_ref().map(|(url, folder)| (url.as_str(), folder.as_str())).map_err(String::as_str);
        assert_eq!(located, expected, "{url}");
    }

    #[test]
    fn a_relative_path_starts_from_the_folder_of_the_configuration() {
        check("sqlite://a.db", "/etc/sync", Ok(("sqlite:///etc/sync/a.db", "/etc/sync")));
        check("sqlite:data/a.db", "/etc/sync", Ok(("sqlite:///etc/sync/data/a.db", "/etc/sync/data")));
        check("sqlite:///var/lib/a.db", "/etc/sync", Ok(("sqlite:///var/lib/a.db", "/var/lib")));
        check("sqlite://a.db", "/100%", Ok(("sqlite:///100%/a.db", "/100%")));
    }

    #[test]
    fn what_is_no_file_of_ours_is_refused() {
        let needs_a_file = "the record must outlive the run, so it needs a file";
        check("sqlite::memory:", "/", Err(needs_a_file));
        check("sqlite://", "/", Err(needs_a_file));
        check("sqlite://a.db?mode=ro", "/", Err("the address takes no options"));
        check("postgres://db/x", "/", Err("this version keeps its record in SQLite"));
        check("a.db", "/", Err("expected an address that begins with sqlite://"));
    }
}
