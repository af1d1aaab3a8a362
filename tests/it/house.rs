//! The source of this program, as text: what the tests of the house rules read.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository; the path starts from its root.
pub(super) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file below `src/`.
pub(super) struct SourceFile {
    /// The path from `src/`, such as `plan/check.rs`.
    pub(super) path: String,
    /// All of it.
    pub(super) text: String,
}

impl SourceFile {
    /// The room: the first folder, or the name of a file beside the folders.
    pub(super) fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules the file lies below the root of the crate.
    pub(super) fn depth(&self) -> usize {
        let name = self.path.trim_end_matches("/mod.rs");
        name.split('/').count()
    }

    /// Its lines of code with their numbers: without comments, and without what stands in quotes.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, String)> {
        (1..).zip(self.text.lines()).map(|(number, line)| (number, without_quotes(line)))
    }

    /// The same, without the tests at the end of the file.
    pub(super) fn code_without_tests(&self) -> impl Iterator<Item = (usize, String)> {
        let is_test_file = self.path.ends_with("/tests.rs") || self.path.ends_with("/testing.rs");
        self.code()
            .take_while(move |(_, line)| !is_test_file && !line.trim_start().starts_with("#[cfg(test)]"))
    }
}

/// Every file below `src/`, by path.
pub(super) fn source_files() -> Vec<SourceFile> {
    let src = root().join("src");
    let mut files: Vec<SourceFile> = rust_files(&src)
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&src).expect("it was found there");
            let text = fs::read_to_string(&path).expect("our own source can be read");
            SourceFile { path: inside.to_string_lossy().replace('\\', "/"), text }
        })
        .collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(files.len() > 100, "the source was not found");
    files
}

pub(super) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("our own source can be listed");
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("our own source can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Good enough for our own code: a string that goes on over a line end keeps what stands on its other lines.
fn without_quotes(line: &str) -> String {
    let mut code = String::new();
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if quoted => {
                characters.next();
            }
            '\'' if !quoted && characters.peek() == Some(&'"') => {
                characters.next();
            }
            '"' => quoted = !quoted,
            '/' if !quoted && characters.peek() == Some(&'/') => break,
            _ if quoted => {}
            c => code.push(c),
        }
    }
    code
}

#[test]
fn comments_and_quotes_are_no_code() {
    assert_eq!(without_quotes(r#"print("a // b\"", x); // println!"#), "print(, x); ");
    assert_eq!(without_quotes("/// [`crate::cli`]"), "");
}
