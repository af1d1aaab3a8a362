//! The files that a command line asks for: each is another one, is ours to write, and is nothing that the job reads or
//! keeps. They are looked at before the job begins.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::arguments::{Common, ReportFile, Verb};
use super::whole_file::{foreign, is_stream};
use crate::config::{Endpoint, Settings};
use crate::exit_code::ExitCode;
use crate::model::SpacesRule;
use crate::run::Failure;
use crate::source::{SourceInput, is_meant_by};

/// A file to be written, and the flag that names it.
type Wanted = (&'static str, PathBuf);

/// The files that this command line asks for.
pub(super) fn wanted(common: &Common, verb: &Verb) -> Vec<Wanted> {
    let reports = common.reports.iter().map(|ReportFile { format: _, path }| ("--report", path.clone()));
    let named = |flag, path: &Option<PathBuf>| path.clone().map(|path| (flag, path));
    let others = match verb {
        Verb::Plan { save: flags, rows } => {
            [named("--output", &flags.output), named("--rejects", &rows.rejects)]
        }
        Verb::Run { run: _, rows } => [None, named("--rejects", &rows.rejects)],
        Verb::Check(flags) => [None, named("--rejects", &flags.rows.rejects)],
        Verb::Rollback(flags) => [named("--output", &flags.save.output), None],
        Verb::Adopt(flags) => [named("--output", &flags.output), None],
        Verb::Export(flags) => [named("--with-secrets", &flags.with_secrets), None],
        _ => [None, None],
    };
    reports.chain(others.into_iter().flatten()).collect()
}

/// Refuses files that must not be written, before anything is done.
pub(super) fn refuse(wanted: &[Wanted], settings: &Settings) -> Result<(), Failure> {
    for (position, (flag, path)) in wanted.iter().enumerate() {
        if is_stream(path) {
            continue;
        }
        if let Some(reason) = foreign(path) {
            let hint = "name a file of the user that runs the job, or one that does not exist yet";
            return Err(refused(flag, path, reason, hint));
        }
        let file = FileId::of(path);
        if let Some((other, _)) = wanted[..position].iter().find(|(_, path)| FileId::of(path) == file) {
            let reason = format!("{other} names the same file");
            return Err(refused(flag, path, &reason, "name another file for each output"));
        }
        if let Some(what) = kept_or_read(path, &file, settings) {
            let reason = format!("it is {what}");
            return Err(refused(flag, path, &reason, "name another file; this one is still needed"));
        }
    }
    Ok(())
}

fn refused(flag: &str, path: &Path, reason: &str, hint: &str) -> Failure {
    Failure {
        exit_code: ExitCode::Usage,
        message: format!("{flag} does not write to `{}`: {reason}", path.display()),
        hint: hint.to_owned(),
    }
}

/// What the file is to the job, where it is not free to be written.
fn kept_or_read(path: &Path, file: &FileId, settings: &Settings) -> Option<&'static str> {
    let is = |other: &Path| FileId::of(other) == *file;
    let is_or_beside = |other: &Path, endings: &[&str]| {
        is(other) || endings.iter().any(|ending| is(&with_ending(other, ending)))
    };
    if is(&settings.path) {
        return Some("the configuration");
    }
    match &settings.source.input {
        SourceInput::Stdin => {}
        SourceInput::File { folder, path: pattern } => {
            if is(&folder.join(pattern)) || is_meant_by(folder, pattern, path) {
                return Some("the source, or would be taken for it by the next run");
            }
        }
        SourceInput::Database(input) => {
            if is(&input.query_path) {
                return Some("the query of the source");
            }
            if input.address.path().is_some_and(|path| is_or_beside(path, &SQLITE_BESIDE)) {
                return Some("the database of the source");
            }
        }
    }
    if settings.store.address.path().is_some_and(|path| is_or_beside(path, &SQLITE_BESIDE)) {
        return Some("the store");
    }
    if let SpacesRule::Table(table) = &settings.owner.spaces
        && is(Path::new(table))
    {
        return Some("the table of spaces");
    }
    if let Endpoint::Sandbox { seed, state, now: _ } = &settings.seam.endpoint {
        if seed.as_deref().is_some_and(is) {
            return Some("the seed of the sandbox");
        }
        if is_or_beside(state, &SANDBOX_BESIDE) {
            return Some("the state of the sandbox");
        }
    }
    None
}

/// Files that SQLite keeps beside its own.
const SQLITE_BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Files that the sandbox keeps beside its own.
const SANDBOX_BESIDE: [&str; 3] = [".lock", ".journal", ".tmp"];

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Which file a path leads to, whether it is there or not.
#[derive(Debug)]
struct FileId {
    place: PathBuf,
    /// Device and number, where it is there: two names may be one file.
    inode: Option<(u64, u64)>,
}

impl FileId {
    fn of(path: &Path) -> Self {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute.parent().and_then(|folder| fs::canonicalize(folder).ok());
        let place = match (folder, absolute.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => absolute,
        };
        let inode = fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        Self { place, inode }
    }
}

impl PartialEq for FileId {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place || (self.inode.is_some() && self.inode == other.inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, load_text};

    #[test]
    fn files_of_the_job_are_no_outputs() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("exports")).expect("a folder");
        fs::write(at("spaces.csv"), "unit,space_key\n101,room-101\n").expect("it can be written");
        fs::write(at("store.db"), "").expect("it can be written");
        fs::hard_link(at("store.db"), at("other.db")).expect("a second name");
        let text = "policy = \"sync\"\nnamespace = \"pms\"\n[source]\npath = \"exports/*.csv\"\n[property]\n\
                    time_zone = \"Europe/Lisbon\"\n[spaces]\ntable = \"spaces.csv\"\n[seam]\nendpoint = \"sandbox\"\n\
                    [seam.sandbox]\nseed = \"seed.json\"\nstate = \"state.json\"\n[store]\nurl = \"sqlite://store.db\"\n";
        let settings = load_text(text, &at("hotel.toml"), &Environment::default()).expect("it is complete");
        let outcome = |names: &[&str]| {
            let wanted: Vec<Wanted> = names.iter().map(|name| ("--report", at(name))).collect();
            refuse(&wanted, &settings).map_err(|failure| (failure.exit_code, failure.message))
        };
        for name in [
            "hotel.toml",
            "exports/../hotel.toml",
            "exports/today.csv",
            "store.db",
            "other.db",
            "store.db-wal",
            "store.db-shm",
            "spaces.csv",
            "seed.json",
            "state.json",
            "state.json.lock",
            "exports",
        ] {
            let refused = outcome(&[name]).expect_err(name);
            assert_eq!(refused.0, ExitCode::Usage, "{name}");
            assert!(refused.1.contains(name), "{refused:?}");
        }
        for names in [&["r.html"][..], &["exports/today.html", "r.csv"], &["other.toml"], &["store.db.html"]]
        {
            assert_eq!(outcome(names), Ok(()), "{names:?}");
        }
        let twice = outcome(&["r.html", "exports/../r.html"]).expect_err("one file");
        assert!(twice.1.contains("--report names the same file"), "{twice:?}");
        let null = Path::new("/dev/null");
        refuse(&[("--report", null.to_owned()), ("--rejects", null.to_owned())], &settings)
            .expect("it takes everything");
    }
}
