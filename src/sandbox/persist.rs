//! The workspace on disk: a snapshot, and a journal of what has changed since, under a file lock.
//!
//! Every operation takes the lock, catches up with what other processes have appended, and appends its own
//! changes as one line before it is answered. A process that is killed loses at most what it has not answered;
//! a last line that was cut is not there. Nothing is synced to the device: it survives processes, not power cuts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::state::{Change, State, StateImage};
use crate::private_file::{OWNER_ONLY, narrow};

const FORMAT: u32 = 1;
/// A journal shorter than this is not worth a new snapshot.
const MIN_COMPACTION_LENGTH: u64 = 1 << 20;

/// Why the workspace cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{action} `{}`", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("understand the snapshot `{}`", path.display())]
    Snapshot { path: PathBuf, source: serde_json::Error },
    #[error("the snapshot `{}` has format {found}, and this program knows format {FORMAT}", path.display())]
    Format { path: PathBuf, found: u32 },
    #[error("understand the journal `{}` at byte {at}", path.display())]
    Journal { path: PathBuf, at: u64, source: serde_json::Error },
    #[error("the journal `{}` has a gap before entry {found}", path.display())]
    Gap { path: PathBuf, found: u64 },
}

/// A workspace's files. The lock file also holds the generation, which a new snapshot raises.
#[derive(Debug)]
pub(crate) struct Store {
    paths: Paths,
    lock: Arc<File>,
    journal: File,
    generation: u64,
    /// How far the journal is known here.
    known_length: u64,
    /// The number of the last entry that is known here.
    sequence: u64,
    snapshot_length: u64,
    /// Memory may be ahead of the journal: read everything anew.
    is_stale: bool,
}

/// The lock is held; dropping gives it back.
#[derive(Debug)]
pub(crate) struct Held(Arc<File>);

#[derive(Debug)]
struct Paths {
    snapshot: PathBuf,
    temporary: PathBuf,
    journal: PathBuf,
    lock: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    format: u32,
    sequence: u64,
    state: StateImage,
}

/// One line of the journal.
#[derive(Serialize, Deserialize)]
struct Entry<C> {
    n: u64,
    minted: u64,
    changes: C,
}

impl Store {
    /// Opens the workspace, or begins one with what `first` makes.
    pub(crate) fn open<E: From<StoreError>>(
        path: &Path,
        first: impl FnOnce() -> Result<State, E>,
    ) -> Result<(Self, State), E> {
        let paths = Paths::beside(path);
        let open = |path: &Path| {
            private_file().read(true).truncate(false).open(path).map_err(io_error("open", path))
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error("create the folder", folder))?;
        }
        for path in [&paths.snapshot, &paths.journal, &paths.lock] {
            narrow(path);
        }
        let lock = Arc::new(open(&paths.lock)?);
        let held = Held::take(&lock, &paths.lock)?;
        let mut store = Self {
            journal: open(&paths.journal)?,
            lock,
            generation: 0,
            known_length: 0,
            sequence: 0,
            snapshot_length: 0,
            is_stale: true,
            paths,
        };
        if !fs::exists(&store.paths.snapshot).map_err(io_error("look for", &store.paths.snapshot))? {
            // Entries without the snapshot that they follow are of no use.
            store.journal.set_len(0).map_err(io_error("empty", &store.paths.journal))?;
            store.write_snapshot(&first()?)?;
        }
        let mut state = store.load()?;
        store.compact_if_long(&mut state)?;
        drop(held);
        Ok((store, state))
    }

    /// Takes the lock and brings the state up to date.
    pub(crate) fn begin(&mut self, state: &mut State) -> Result<Held, StoreError> {
        let held = Held::take(&self.lock, &self.paths.lock)?;
        let length = self.journal.metadata().map_err(io_error("measure", &self.paths.journal))?.len();
        if self.is_stale || self.read_generation()? != self.generation || length < self.known_length {
            *state = self.load()?;
        } else if length > self.known_length {
            self.catch_up(state)?;
        }
        Ok(held)
    }

    /// Appends what was changed. The lock must be held since [`Store::begin`].
    pub(crate) fn commit(
        &mut self,
        _held: &Held,
        state: &State,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let entry = Entry { n: self.sequence + 1, minted: state.minted, changes };
        let mut line = serde_json::to_vec(&entry).expect("changes have string keys");
        line.push(b'\n');
        // Until the line is there as a whole, memory is ahead of the disk.
        self.is_stale = true;
        let path = &self.paths.journal;
        let length = self.journal.metadata().map_err(io_error("measure", path))?.len();
        if length > self.known_length {
            // The rest of a line that was cut.
            self.journal.set_len(self.known_length).map_err(io_error("shorten", path))?;
        }
        self.journal.seek(SeekFrom::Start(self.known_length)).map_err(io_error("seek in", path))?;
        self.journal.write_all(&line).map_err(io_error("write to", path))?;
        self.known_length += line.len() as u64;
        self.sequence += 1;
        self.is_stale = false;
        Ok(())
    }

    /// Writes a new snapshot if the journal has grown beyond the last one.
    pub(crate) fn compact(&mut self, state: &mut State) -> Result<(), StoreError> {
        let _held = self.begin(state)?;
        self.compact_if_long(state)
    }

    fn compact_if_long(&mut self, state: &mut State) -> Result<(), StoreError> {
        if self.known_length < MIN_COMPACTION_LENGTH.max(self.snapshot_length) {
            return Ok(());
        }
        self.write_snapshot(state)?;
        // Whoever is killed from here on leaves entries that the snapshot has already: they are skipped.
        self.write_generation(self.generation + 1)?;
        self.journal.set_len(0).map_err(io_error("empty", &self.paths.journal))?;
        self.known_length = 0;
        Ok(())
    }

    fn load(&mut self) -> Result<State, StoreError> {
        self.is_stale = true;
        self.generation = self.read_generation()?;
        let path = &self.paths.snapshot;
        let bytes = fs::read(path).map_err(io_error("read", path))?;
        let snapshot: Snapshot = serde_json::from_slice(&bytes)
            .map_err(|source| StoreError::Snapshot { path: path.clone(), source })?;
        if snapshot.format != FORMAT {
            return Err(StoreError::Format { path: path.clone(), found: snapshot.format });
        }
        self.snapshot_length = bytes.len() as u64;
        self.sequence = snapshot.sequence;
        self.known_length = 0;
        let mut state = State::from_image(snapshot.state);
        self.catch_up(&mut state)?;
        self.is_stale = false;
        Ok(state)
    }

    /// Applies the entries after what is known, up to the last whole line.
    fn catch_up(&mut self, state: &mut State) -> Result<(), StoreError> {
        let path = &self.paths.journal;
        let mut tail = Vec::new();
        self.journal.seek(SeekFrom::Start(self.known_length)).map_err(io_error("seek in", path))?;
        self.journal.read_to_end(&mut tail).map_err(io_error("read", path))?;
        for line in tail.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            let entry: Entry<Vec<Change>> = serde_json::from_slice(line).map_err(|source| {
                StoreError::Journal { path: path.clone(), at: self.known_length, source }
            })?;
            if entry.n > self.sequence {
                if entry.n != self.sequence + 1 {
                    return Err(StoreError::Gap { path: path.clone(), found: entry.n });
                }
                entry.changes.into_iter().for_each(|change| state.apply(change));
                state.minted = entry.minted;
                self.sequence = entry.n;
            }
            self.known_length += line.len() as u64;
        }
        Ok(())
    }

    fn write_snapshot(&mut self, state: &State) -> Result<(), StoreError> {
        let snapshot = Snapshot { format: FORMAT, sequence: self.sequence, state: state.image() };
        let bytes = serde_json::to_vec(&snapshot).expect("a state has string keys");
        let Paths { snapshot, temporary, .. } = &self.paths;
        private_file()
            .truncate(true)
            .open(temporary)
            .and_then(|mut file| file.write_all(&bytes))
            .map_err(io_error("write", temporary))?;
        fs::rename(temporary, snapshot).map_err(io_error("replace", snapshot))?;
        self.snapshot_length = bytes.len() as u64;
        Ok(())
    }

    fn read_generation(&self) -> Result<u64, StoreError> {
        let mut text = String::new();
        let mut lock = &*self.lock;
        lock.seek(SeekFrom::Start(0))
            .and_then(|_| lock.read_to_string(&mut text))
            .map_err(io_error("read", &self.paths.lock))?;
        Ok(text.trim().parse().unwrap_or(0))
    }

    fn write_generation(&mut self, generation: u64) -> Result<(), StoreError> {
        let mut lock = &*self.lock;
        // Of constant width, so that the new number covers the old one.
        lock.seek(SeekFrom::Start(0))
            .and_then(|_| lock.write_all(format!("{generation:020}\n").as_bytes()))
            .map_err(io_error("write to", &self.paths.lock))?;
        self.generation = generation;
        Ok(())
    }
}

impl Held {
    fn take(lock: &Arc<File>, path: &Path) -> Result<Self, StoreError> {
        lock.lock().map_err(io_error("lock", path))?;
        Ok(Self(Arc::clone(lock)))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The lock also ends with the process; there is nothing better to do here.
        let _best_effort = self.0.unlock();
    }
}

impl Paths {
    fn beside(path: &Path) -> Self {
        let with = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self {
            snapshot: path.to_owned(),
            temporary: with(".tmp"),
            journal: with(".journal"),
            lock: with(".lock"),
        }
    }
}

/// For its owner only: a rehearsal with real bookings leaves real guests and their codes here.
fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, OWNER_ONLY);
    options
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::sandbox::record::{Identity, Workspace};

    #[expect(clippy::unnecessary_wraps, reason = "a workspace may fail to be built")]
    fn empty() -> Result<State, StoreError> {
        let workspace =
            Workspace { id: Uuid::from_u128(1), name: "W".into(), is_sandbox: true, is_suspended: false };
        Ok(State::new(workspace))
    }

    fn add(store: &mut Store, state: &mut State, key: &str) {
        let held = store.begin(state).expect("locked");
        state.minted += 1;
        let change = Change::Identity(Identity {
            id: Uuid::from_u128(u128::from(state.minted)),
            key: Some(key.into()),
            full_name: Some(key.repeat(400)),
            email_address: None,
            phone_number: None,
            merged_ids: Vec::new(),
            merged_keys: Vec::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
        });
        state.apply(change.clone());
        store.commit(&held, state, &[change]).expect("written");
    }

    fn keys(state: &State) -> Vec<&str> {
        state.identities.iter().filter_map(|identity| identity.key.as_deref()).collect()
    }

    #[test]
    fn what_one_process_writes_the_other_sees() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sandbox.json");
        let (mut one, mut one_state) = Store::open(&path, empty).expect("opened");
        let (mut other, mut other_state) = Store::open(&path, empty).expect("opened");
        add(&mut one, &mut one_state, "a");
        add(&mut other, &mut other_state, "b");
        add(&mut one, &mut one_state, "c");
        drop(other.begin(&mut other_state).expect("locked"));
        assert_eq!(keys(&one_state), ["a", "b", "c"]);
        assert_eq!(keys(&other_state), ["a", "b", "c"]);
    }

    #[test]
    fn a_cut_last_line_is_not_there_and_the_next_one_replaces_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sandbox.json");
        let (mut store, mut state) = Store::open(&path, empty).expect("opened");
        add(&mut store, &mut state, "a");
        add(&mut store, &mut state, "b");
        drop(store);
        let journal = Paths::beside(&path).journal;
        let length = fs::metadata(&journal).expect("the journal").len();
        File::options().write(true).open(&journal).and_then(|file| file.set_len(length - 5)).expect("cut");
        let (mut store, mut state) = Store::open(&path, empty).expect("opened again");
        assert_eq!(keys(&state), ["a"]);
        add(&mut store, &mut state, "c");
        let (_, state) = Store::open(&path, empty).expect("opened again");
        assert_eq!(keys(&state), ["a", "c"]);
    }

    #[test]
    fn a_spoilt_line_in_the_middle_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sandbox.json");
        let (mut store, mut state) = Store::open(&path, empty).expect("opened");
        add(&mut store, &mut state, "a");
        drop(store);
        let journal = Paths::beside(&path).journal;
        let text = fs::read_to_string(&journal).expect("the journal");
        fs::write(&journal, format!("{}\n{text}", &text[..10])).expect("written");
        let error = Store::open(&path, empty).expect_err("refused");
        assert!(matches!(error, StoreError::Journal { at: 0, .. }), "{error:?}");
    }

    #[test]
    fn a_long_journal_becomes_a_snapshot_under_the_eyes_of_another_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sandbox.json");
        let (mut one, mut one_state) = Store::open(&path, empty).expect("opened");
        let (mut other, mut other_state) = Store::open(&path, empty).expect("opened");
        let names: Vec<String> = (0..4_000).map(|n| format!("k{n}")).collect();
        for name in &names {
            add(&mut one, &mut one_state, name);
        }
        drop(other.begin(&mut other_state).expect("locked"));
        one.compact(&mut one_state).expect("compacted");
        assert_eq!(fs::metadata(Paths::beside(&path).journal).expect("the journal").len(), 0);
        add(&mut other, &mut other_state, "after");
        drop(one.begin(&mut one_state).expect("locked"));
        assert_eq!(keys(&one_state).len(), 4_001);
        let (_, state) = Store::open(&path, empty).expect("opened again");
        assert_eq!(keys(&state), keys(&one_state));
        assert_eq!(state.minted, 4_001);
    }

    #[test]
    fn a_crash_between_snapshot_and_emptying_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sandbox.json");
        let (mut store, mut state) = Store::open(&path, empty).expect("opened");
        add(&mut store, &mut state, "a");
        store.write_snapshot(&state).expect("written");
        let (mut store, mut state) = Store::open(&path, empty).expect("opened again");
        assert_eq!(keys(&state), ["a"]);
        add(&mut store, &mut state, "b");
        let (_, state) = Store::open(&path, empty).expect("opened again");
        assert_eq!(keys(&state), ["a", "b"]);
    }
}
