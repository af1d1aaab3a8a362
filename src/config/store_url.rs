//! The address of the store, with the path of its file made absolute.

use std::path::{Path, PathBuf};

use super::paths;
use super::section::Complaint;
use crate::store::StoreAddress;

/// Where the store lies.
pub(super) struct StoreLocation {
    pub(super) address: StoreAddress,
    /// Where what belongs to it is put: its own folder or, for a server, that of the configuration.
    pub(super) folder: PathBuf,
}

/// Reads `sqlite://path` or `postgres://…`; a path starts from the folder of the configuration.
pub(super) fn locate(url: &str, folder: &Path) -> Result<StoreLocation, Complaint> {
    let hint =
        "write url = \"sqlite://reservation-sync.db\" in [store], or postgres://user:password@host/database";
    let bad = |message: &str| Complaint::new(message).hint(hint);
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let address = StoreAddress::server(url).map_err(|error| bad(&error.to_string()))?;
        return Ok(StoreLocation { address, folder: folder.to_owned() });
    }
    let rest = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    let rest = rest.ok_or_else(|| bad("expected an address that begins with sqlite:// or postgres://"))?;
    if rest.is_empty() || rest.starts_with(":memory:") {
        return Err(bad("the record must outlive the run, so it needs a file"));
    }
    if rest.contains('?') {
        return Err(bad("the address takes no options"));
    }
    let path = paths::join(folder, rest);
    let folder = path.parent().unwrap_or(folder).to_owned();
    Ok(StoreLocation { address: StoreAddress::file(path), folder })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, folder: &str, expected: Result<(&str, &str), &str>) {
        let located = locate(url, Path::new(folder));
        let located = located
            .map(|location| (location.address.to_string(), location.folder.display().to_string()))
            .map_err(|c| c.message);
        let located =
            located.as_ref().map(|(url, folder)| (url.as_str(), folder.as_str())).map_err(String::as_str);
        assert_eq!(located, expected, "{url}");
    }

    #[test]
    fn a_relative_path_starts_from_the_folder_of_the_configuration() {
        check("sqlite://a.db", "/etc/sync", Ok(("/etc/sync/a.db", "/etc/sync")));
        check("sqlite:data/a.db", "/etc/sync", Ok(("/etc/sync/data/a.db", "/etc/sync/data")));
        check("sqlite:///var/lib/a.db", "/etc/sync", Ok(("/var/lib/a.db", "/var/lib")));
        check("sqlite://a.db", "/100%", Ok(("/100%/a.db", "/100%")));
    }

    #[test]
    fn what_is_no_file_of_ours_is_refused() {
        let needs_a_file = "the record must outlive the run, so it needs a file";
        check("sqlite::memory:", "/", Err(needs_a_file));
        check("sqlite://", "/", Err(needs_a_file));
        check("sqlite://a.db?mode=ro", "/", Err("the address takes no options"));
        check("a.db", "/", Err("expected an address that begins with sqlite:// or postgres://"));
        let unreadable = "the address cannot be read; in a password, write / as %2F, @ as %40 and : as %3A";
        check("postgres://sync:gehe/im:geheim@db.example.com/x", "/", Err(unreadable));
    }

    #[test]
    fn beside_a_server_is_the_folder_of_the_configuration() {
        let url = "postgres://sync:geheim@db.example.com/sync";
        check(url, "/etc/sync", Ok(("postgres://db.example.com:5432/sync", "/etc/sync")));
    }
}
