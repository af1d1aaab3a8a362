//! Finds the file: a path, or the newest of those that a pattern matches.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::error::SourceError;

/// How far ahead the time of a file may be: the clocks of two computers differ (RULES 26).
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// A file that is open, and how a person would name it.
pub(super) struct Located {
    pub(super) file: File,
    pub(super) name: String,
    /// The time of the last change, where the age of the file counts.
    pub(super) written_at: Option<Timestamp>,
    /// Length and time of the last change, when it was opened.
    state: (u64, SystemTime),
}

impl Located {
    /// Whether somebody has written to the file since it was opened.
    pub(super) fn has_changed(&self) -> io::Result<bool> {
        Ok(state(&self.file.metadata()?)? != self.state)
    }
}

fn state(metadata: &fs::Metadata) -> io::Result<(u64, SystemTime)> {
    Ok((metadata.len(), metadata.modified()?))
}

/// Opens the file that a path or pattern means, if it is not too old.
pub(super) fn open(
    folder: &Path,
    path: &str,
    max_age: Option<SignedDuration>,
    now: Timestamp,
) -> Result<Located, SourceError> {
    let name = if path.contains(['*', '?']) { newest(folder, path)? } else { path.to_owned() };
    let unreadable = |source| SourceError::Unreadable { location: name.clone(), source };
    let file = File::open(folder.join(&name)).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    let mut written_at = None;
    if let Some(limit) = max_age {
        let modified = metadata.modified().map_err(unreadable)?;
        let age = age(modified, now);
        if age > limit {
            return Err(SourceError::Stale { location: name, age, limit });
        }
        // In a rehearsal of an earlier night the file may well have been written after it.
        let ahead = -self::age(modified, now.max(Timestamp::now()));
        if ahead > MAX_AHEAD {
            return Err(SourceError::FromTheFuture { location: name, ahead });
        }
        written_at = Timestamp::try_from(modified).ok();
    }
    let state = state(&metadata).map_err(unreadable)?;
    Ok(Located { file, name, written_at, state })
}

fn age(modified: SystemTime, now: Timestamp) -> SignedDuration {
    // A time that no calendar knows counts as the beginning of time.
    Timestamp::try_from(modified).unwrap_or(Timestamp::MIN).duration_until(now)
}

/// The newest file that the pattern matches, by modification time and then by name.
fn newest(folder: &Path, pattern: &str) -> Result<String, SourceError> {
    let unreadable = |source| SourceError::Unreadable { location: pattern.to_owned(), source };
    let mut found: Vec<PathBuf> = vec![PathBuf::new()];
    for component in Path::new(pattern).components() {
        let component = component.as_os_str();
        let wildcards = component.to_str().filter(|text| text.contains(['*', '?']));
        let Some(wildcards) = wildcards else {
            for path in &mut found {
                path.push(component);
            }
            continue;
        };
        let mut next = Vec::new();
        for parent in found {
            let absolute = folder.join(&parent);
            let entries = match fs::read_dir(if absolute.as_os_str().is_empty() {
                Path::new(".")
            } else {
                &absolute
            }) {
                Ok(entries) => entries,
                // What is no folder, or is gone, has nothing that could match.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
                {
                    continue;
                }
                Err(error) => return Err(unreadable(error)),
            };
            for entry in entries {
                let name = entry.map_err(unreadable)?.file_name();
                if name.to_str().is_some_and(|name| fits(wildcards, name)) {
                    next.push(parent.join(name));
                }
            }
        }
        found = next;
    }
    found
        .into_iter()
        .filter_map(|path| {
            let metadata = fs::metadata(folder.join(&path)).ok().filter(fs::Metadata::is_file)?;
            Some((metadata.modified().ok()?, path.to_str()?.to_owned()))
        })
        .max()
        .map(|(_, path)| path)
        .ok_or_else(|| SourceError::NoMatch { pattern: pattern.to_owned() })
}

/// Whether a file, there or not, is one that the pattern means.
pub fn is_meant_by(folder: &Path, pattern: &str, file: &Path) -> bool {
    let absolute = |path: &Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let parent = absolute.parent().and_then(|parent| fs::canonicalize(parent).ok());
        parent.zip(absolute.file_name()).map(|(parent, name)| parent.join(name)).unwrap_or(absolute)
    };
    let (pattern, file) = (absolute(&folder.join(pattern)), absolute(file));
    let part_fits = |pattern: &OsStr, part: &OsStr| match (pattern.to_str(), part.to_str()) {
        (Some(pattern), Some(part)) if pattern.contains(['*', '?']) => fits(pattern, part),
        _ => pattern == part,
    };
    pattern.components().count() == file.components().count()
        && pattern
            .components()
            .zip(file.components())
            .all(|(pattern, part)| part_fits(pattern.as_os_str(), part.as_os_str()))
}

/// Whether a name fits a pattern of `*` (any text) and `?` (any character); hidden files only fit where it says so.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    if name.first() == Some(&'.') && pattern.first() != Some(&'.') {
        return false;
    }
    let (mut at_pattern, mut at_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at_name < name.len() {
        match (pattern.get(at_pattern), star) {
            (Some('*'), _) => {
                star = Some((at_pattern, at_name));
                at_pattern += 1;
            }
            (Some(&wanted), _) if wanted == '?' || wanted == name[at_name] => {
                at_pattern += 1;
                at_name += 1;
            }
            (_, Some((back_to, from))) => {
                star = Some((back_to, from + 1));
                at_pattern = back_to + 1;
                at_name = from + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[at_pattern..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pattern_fits_whole_names() {
        let check = |pattern, name, expected| assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        check("*.csv", "a.csv", true);
        check("*.csv", "a.csv.part", false);
        check("arrivals-*-??.csv", "arrivals-2026-05.csv", true);
        check("arrivals-*-??.csv", "arrivals-2026-5.csv", false);
        check("*a*b*", "xxaxxabxx", true);
        check("*.csv", ".hidden.csv", false);
        check("?", "é", true);
    }

    fn write(folder: &Path, name: &str, seconds: u64) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of ours");
        fs::write(&path, name).expect("a file of ours");
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(modified))
            .expect("our file");
    }

    fn opened(folder: &Path, path: &str, max_age: Option<i64>) -> Result<String, SourceError> {
        let now = Timestamp::from_second(100_000).expect("a small number");
        open(folder, path, max_age.map(SignedDuration::from_secs), now).map(|located| located.name)
    }

    #[test]
    fn the_newest_match_is_taken_and_named_as_the_pattern_was_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "exports/b.csv", 10);
        write(folder.path(), "exports/a.csv", 20);
        write(folder.path(), "exports/c.txt", 30);
        fs::create_dir(folder.path().join("exports/z.csv")).expect("a folder of ours");
        let check = |path, expected: &str| {
            assert_eq!(opened(folder.path(), path, None).expect("a file"), expected);
        };
        check("exports/*.csv", "exports/a.csv");
        check("*/?.csv", "exports/a.csv");
        check("exports/b.csv", "exports/b.csv");
        write(folder.path(), "exports/d.csv", 20);
        check("exports/*.csv", "exports/d.csv");
    }

    #[test]
    fn a_file_that_is_still_being_written_is_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "a.csv", 10);
        let now = Timestamp::from_second(100).expect("a small number");
        let located = open(folder.path(), "a.csv", None, now).expect("a file");
        assert!(!located.has_changed().expect("a file of ours"));
        let mut file = File::options().append(true).open(folder.path().join("a.csv")).expect("our file");
        io::Write::write_all(&mut file, b"R2,").expect("our file");
        assert!(located.has_changed().expect("a file of ours"));
    }

    #[test]
    fn a_pattern_without_a_file_and_a_file_that_is_missing_say_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let check = |path, expected: &str| {
            assert_eq!(opened(folder.path(), path, None).expect_err("nothing there").to_string(), expected);
        };
        check("exports/*.csv", "no file matches `exports/*.csv`");
        check("bookings.csv", "read `bookings.csv`");
        check(".", "read `.`");
    }

    #[test]
    fn the_time_of_a_file_says_when_it_was_written_where_its_age_counts() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "a.csv", 90_000);
        let check = |max_age: Option<i64>, expected: Option<i64>| {
            let now = Timestamp::from_second(100_000).expect("a small number");
            let located = open(folder.path(), "a.csv", max_age.map(SignedDuration::from_secs), now);
            let written_at = located.expect("a file").written_at.map(Timestamp::as_second);
            assert_eq!(written_at, expected);
        };
        check(Some(86_400), Some(90_000));
        check(None, None);
    }

    #[test]
    fn a_file_older_than_it_may_be_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "a.csv", 100_000 - 7_260);
        assert!(opened(folder.path(), "a.csv", Some(7_260)).is_ok());
        let error = opened(folder.path(), "a.csv", Some(7_200)).expect_err("too old");
        assert_eq!(error.to_string(), "`a.csv` is 2h 1m old, and may be 2h");
    }

    #[test]
    fn file_from_the_future_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = u64::try_from(Timestamp::now().as_second()).expect("after 1970");
        write(folder.path(), "soon.csv", clock + 590);
        write(folder.path(), "later.csv", clock + 7_260);
        let open_at = |path: &str, max_age: Option<SignedDuration>, now: Timestamp| {
            open(folder.path(), path, max_age, now).map(|located| located.name)
        };
        let (now, day) = (Timestamp::now(), Some(SignedDuration::from_hours(24)));
        assert!(open_at("soon.csv", day, now).is_ok());
        let error = open_at("later.csv", day, now).expect_err("it is not written yet");
        assert!(matches!(error, SourceError::FromTheFuture { .. }), "{error:?}");
        assert!(error.to_string().starts_with("`later.csv` says that it was written 2h"), "{error}");
        assert!(open_at("later.csv", None, now).is_ok(), "nobody asks how old it is");
        // What is decided for the next night may be written until then.
        assert!(open_at("later.csv", day, now + SignedDuration::from_hours(3)).is_ok());
        // An earlier night is rehearsed with a file of today.
        assert!(open_at("soon.csv", day, now - SignedDuration::from_hours(300)).is_ok());
    }
}
