//! A file that is there whole or not at all: whoever reads it while it is written reads the one before.
//!
//! Only a regular file of the user that runs the job is ever replaced. A link, a pipe, a device or another user's file is
//! refused, because the text would be written to another place. The streams of the process are written as streams.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::private_file::{OWNER_ONLY, narrow};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Whoever could read the file before, and for a new one whoever the system lets.
    AsBefore,
    /// Its owner.
    Owner,
}

/// The same as [`write_whole`], for a file that only its owner may read. One that others could read before is said.
pub(super) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    write(path, text, Readers::Owner)
}

/// Writes a file beside its place and moves it there. One whose folder takes no other, such as a file that is mounted by
/// itself into a container, is written in its place.
pub(super) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    write(path, text, Readers::AsBefore)
}

/// Whether the path leads to a stream of this process or to nowhere, and not to a file.
pub(super) fn is_stream(path: &Path) -> bool {
    Stream::at(path).is_some()
}

/// Why nothing is written to what stands at the path; `None` where it can be written, or nothing stands there.
pub(super) fn foreign(path: &Path) -> Option<&'static str> {
    if is_stream(path) {
        return None;
    }
    let metadata = fs::symlink_metadata(path).ok()?;
    // Where the system has no such folder, the owner is compared when the file is written.
    let user = fs::metadata("/proc/self").map_or(metadata.uid(), |process| process.uid());
    foreign_to(&metadata, user)
}

fn foreign_to(metadata: &fs::Metadata, user: u32) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Some("it is a link")
    } else if kind.is_dir() {
        Some("it is a folder")
    } else if !kind.is_file() {
        Some("it is a pipe, a socket or a device")
    } else if metadata.uid() != user {
        Some("it belongs to another user")
    } else {
        None
    }
}

/// What is written as it comes.
enum Stream<'a> {
    Stdout,
    Stderr,
    Opened(&'a Path),
}

impl<'a> Stream<'a> {
    fn at(path: &'a Path) -> Option<Self> {
        let text = path.to_str()?;
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match text {
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => Some(Self::Stdout),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => Some(Self::Stderr),
            "/dev/null" => Some(Self::Opened(path)),
            _ => {
                let number = text.strip_prefix("/dev/fd/").or_else(|| text.strip_prefix("/proc/self/fd/"));
                number.filter(|number| is_number(number)).map(|_| Self::Opened(path))
            }
        }
    }

    fn write(self, text: &str) -> io::Result<()> {
        let all = |stream: &mut dyn Write| stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        match self {
            Self::Stdout => all(&mut io::stdout().lock()),
            Self::Stderr => all(&mut io::stderr().lock()),
            // Nothing that stands there already is cut off.
            Self::Opened(path) => all(&mut OpenOptions::new().append(true).open(path)?),
        }
    }
}

fn write(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    if let Some(stream) = Stream::at(path) {
        return stream.write(text);
    }
    if let Some(reason) = foreign(path) {
        return Err(io::Error::other(reason));
    }
    let earlier = fs::symlink_metadata(path).ok();
    if earlier.is_some() && readers == Readers::Owner {
        narrow(path);
    }
    match replace(path, text, earlier.as_ref(), readers) {
        Err(error) if earlier.is_some() && takes_no_other(&error) => overwrite(path, text),
        ended => ended,
    }
}

/// Whether the folder is what is in the way, and not the room on the disk.
fn takes_no_other(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::ResourceBusy
            | io::ErrorKind::CrossesDevices
    )
}

fn replace(path: &Path, text: &str, earlier: Option<&fs::Metadata>, readers: Readers) -> io::Result<()> {
    let beside = beside(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if readers == Readers::Owner {
        options.mode(OWNER_ONLY);
    }
    let file = options.open(&beside)?;
    let moved = fill(file, text, earlier, readers).and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        // What could not be moved is of no use to anybody; that it could not be is the news.
        fs::remove_file(&beside).ok();
    }
    moved
}

/// Who could not read the file before cannot read it now.
fn fill(mut file: File, text: &str, earlier: Option<&fs::Metadata>, readers: Readers) -> io::Result<()> {
    if let Some(earlier) = earlier {
        if let Some(reason) = foreign_to(earlier, file.metadata()?.uid()) {
            return Err(io::Error::other(reason));
        }
        if readers == Readers::AsBefore {
            file.set_permissions(fs::Permissions::from_mode(earlier.permissions().mode() & 0o777))?;
        }
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Writes over the file. Where that fails, what stood there is put back: its room is free again.
fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    let before = fs::read(path)?;
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut put = |bytes: &[u8]| {
        file.rewind()?;
        file.set_len(bytes.len().min(before.len()) as u64)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    put(text.as_bytes()).or_else(|error| put(&before).and(Err(error)))
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    Ok(path.with_file_name(beside))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
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
    fn a_private_file_stays_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").expect("it can be written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
        write_whole(&path, "new").expect("it can be written");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "new");
        assert_eq!(mode(&path), 0o600);
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
            assert_eq!(mode(&path), 0o600);
        }
    }

    #[test]
    fn link_pipe_and_folder_are_not_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("target"), "old").expect("it can be written");
        symlink(path("target"), path("link")).expect("a link");
        symlink(path("nowhere"), path("dangling")).expect("a link");
        let _socket = UnixListener::bind(path("socket")).expect("a socket");
        fs::create_dir(path("folder")).expect("a folder");
        for name in ["link", "dangling", "socket", "folder"] {
            for write in [write_whole, write_private] {
                assert!(foreign(&path(name)).is_some(), "{name}");
                write(&path(name), "new").expect_err(name);
            }
        }
        assert_eq!(fs::read_to_string(path("target")).expect("it is there"), "old");
        assert_eq!(names(folder.path()), ["dangling", "folder", "link", "socket", "target"]);
    }

    #[test]
    fn file_of_another_user_is_foreign() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "old").expect("it can be written");
        let metadata = fs::metadata(&path).expect("it is there");
        assert_eq!(foreign_to(&metadata, metadata.uid()), None);
        assert_eq!(foreign_to(&metadata, metadata.uid() + 1), Some("it belongs to another user"));
    }

    #[test]
    fn streams_are_written_as_they_are() {
        for path in ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/fd/63", "/proc/self/fd/3"] {
            assert!(is_stream(Path::new(path)), "{path}");
        }
        for path in ["/dev/full", "/dev/stdin", "/dev/fd/", "/dev/fd/3x", "dev/null", "/dev/fd/3/x"] {
            assert!(!is_stream(Path::new(path)), "{path}");
        }
        write_whole(Path::new("/dev/null"), "text").expect("it takes everything");
        assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
        assert!(foreign(Path::new("/dev/full")).is_some());
    }

    #[test]
    fn file_is_written_in_its_place_whatever_its_length() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "four").expect("it can be written");
        for text in ["longer than four", "short", ""] {
            overwrite(&path, text).expect("it can be written");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = write_whole(&folder.path().join("no/such/report.json"), "text");
        assert_eq!(ended.map_err(|error| error.kind()), Err(io::ErrorKind::NotFound));
    }
}
