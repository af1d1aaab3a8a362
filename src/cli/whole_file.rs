//! A file that is there whole or not at all: whoever reads it while it is written reads the one before.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Whoever could read the file before, and for a new one whoever the system lets.
    AsBefore,
    /// Its owner.
    Owner,
}

/// The same as [`write_whole`], for a file that only its owner may read, whoever could read it before.
pub(super) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    write(path, text, Readers::Owner)
}

/// Writes a file beside its place and moves it there. A pipe or a device is written as it is, and so is a file whose
/// folder takes no other: one that is mounted by itself into a container.
pub(super) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    write(path, text, Readers::AsBefore)
}

fn write(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let earlier = fs::metadata(path).ok();
    if earlier.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text);
    }
    // A link goes on leading to the file.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match replace(&place, text, earlier.as_ref(), readers) {
        Err(_) if earlier.is_some() => {
            if readers == Readers::Owner {
                fs::set_permissions(&place, Permissions::from_mode(OWNER))?;
            }
            fs::write(&place, text)
        }
        ended => ended,
    }
}

/// Read and write for the owner, nothing for others.
const OWNER: u32 = 0o600;

fn replace(place: &Path, text: &str, earlier: Option<&fs::Metadata>, readers: Readers) -> io::Result<()> {
    let beside = beside(place)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if readers == Readers::Owner {
        options.mode(OWNER);
    }
    let file = options.open(&beside)?;
    let earlier = earlier.filter(|_| readers == Readers::AsBefore);
    let moved = fill(file, text, earlier).and_then(|()| fs::rename(&beside, place));
    if moved.is_err() {
        // What could not be moved is of no use to anybody; that it could not be is the news.
        fs::remove_file(&beside).ok();
    }
    moved
}

/// Who could not read the file before cannot read it now.
fn fill(mut file: File, text: &str, earlier: Option<&fs::Metadata>) -> io::Result<()> {
    if let Some(earlier) = earlier {
        file.set_permissions(earlier.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn beside(place: &Path) -> io::Result<PathBuf> {
    let name = place.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    Ok(place.with_file_name(beside))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.html");
        for text in ["first", "second"] {
            write_whole(&path, text).expect("it can be written");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
        }
        assert_eq!(names(folder.path()), ["report.html"]);
    }

    #[test]
    fn a_private_file_stays_private_and_a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("a.csv"), folder.path().join("latest.csv"));
        fs::write(&path, "old").expect("it can be written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
        symlink(&path, &link).expect("a link");
        write_whole(&link, "new").expect("it can be written");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "new");
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
    }

    #[test]
    fn what_is_private_is_private_even_where_it_was_not_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plan.json");
        fs::write(&path, "old").expect("it can be written");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("it is ours");
        for text in ["over another", "over its own"] {
            write_private(&path, text).expect("it can be written");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
            assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_device_is_written_as_it_is() {
        write_whole(Path::new("/dev/null"), "text").expect("it takes everything");
        assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = write_whole(&folder.path().join("no/such/report.json"), "text");
        assert_eq!(ended.map_err(|error| error.kind()), Err(io::ErrorKind::NotFound));
    }
}
