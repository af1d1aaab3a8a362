//! Where the rows come from: the keys of `[source]` that differ between a file, a workbook and a database.

use std::path::Path;
use std::time::Duration;

use super::paths;
use super::section::{Complaint, Section};
use super::values::{text, word};
use crate::source::{DatabaseAddress, DatabaseInput, FileFormat, SourceInput};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Excel,
    Sql,
}

/// `kind`, `path`, `sheet`, `url` and `query`. The patience of a database is that of `[seam]`, which comes later.
pub(super) fn source_input(section: &mut Section<'_>, folder: &Path) -> Option<(SourceInput, FileFormat)> {
    let kinds = &[("csv", Kind::Csv), ("excel", Kind::Excel), ("sql", Kind::Sql)];
    // What an unknown kind would need cannot be said, so nothing is missing then.
    let Some(kind) = section.take("kind", word(kinds)) else {
        pass_over(section, &["path", "sheet", "url", "query"]);
        return None;
    };
    match kind {
        Kind::Csv => {
            pass_over(section, &["sheet", "url", "query"]);
            Some((file(section, folder, "write path = \"exports/*.csv\" in [source]")?, FileFormat::Csv))
        }
        Kind::Excel => {
            pass_over(section, &["url", "query"]);
            let sheet = section.take("sheet", text);
            let input = file(section, folder, "write path = \"exports/*.xlsx\" in [source]")?;
            Some((input, FileFormat::Excel { sheet }))
        }
        Kind::Sql => {
            pass_over(section, &["path", "sheet"]);
            let hint = "write url = \"${PMS_DATABASE_URL}\" in [source], and set that variable";
            let address = section.require("url", hint, |node| database(&text(node)?, folder));
            let hint = "write query = \"config/queries/qloapps.sql\" in [source]: a file with one SELECT";
            let query = section.require("query", hint, text);
            let (address, query) = (address?, query?);
            let (query_folder, name) = paths::split(folder, &query);
            let query_path = query_folder.join(&name);
            let input = DatabaseInput { address, query: name, query_path, patience: Duration::ZERO };
            Some((SourceInput::Database(input), FileFormat::Csv))
        }
    }
}

fn file(section: &mut Section<'_>, folder: &Path, hint: &str) -> Option<SourceInput> {
    let path = section.require("path", &format!("{hint}; \"-\" is the standard input"), text)?;
    Some(match path.as_str() {
        "-" => SourceInput::Stdin,
        path => {
            let (folder, path) = paths::split(folder, path);
            SourceInput::File { folder, path }
        }
    })
}

/// Keys of another kind may stay, so that one can go to and fro between two kinds by changing `kind`.
fn pass_over(section: &mut Section<'_>, keys: &[&'static str]) {
    for key in keys {
        section.take(key, text);
    }
}

/// The path of an SQLite file starts from the folder of the configuration; the address of a server is as it is.
fn database(url: &str, folder: &Path) -> Result<DatabaseAddress, Complaint> {
    let hint = "write sqlite://pms.db, postgres://user:password@host/database or mysql://user:password@host/database";
    let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) else {
        return DatabaseAddress::server(url).map_err(|error| Complaint::new(error.to_string()).hint(hint));
    };
    if path.is_empty() || path.starts_with(":memory:") || path.contains('?') {
        let message = "expected the path of a file behind sqlite://, without options; it is opened read-only";
        return Err(Complaint::new(message).hint(hint));
    }
    let absolute = paths::join(folder, path);
    let absolute = absolute.to_str().ok_or_else(|| Complaint::new("the path is not UTF-8"))?;
    Ok(DatabaseAddress::file(absolute, path))
}
