//! What the configuration tells the store.

use std::path::PathBuf;
use std::time::Duration;

use super::error::StoreError;

/// Where the record is kept, and how long a silent holder keeps the lock.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// `sqlite://PATH`.
    pub url: String,
    /// How long a lease holds without a sign of life from another host.
    pub lease: Duration,
}

impl StoreSettings {
    /// The file of the database.
    ///
    /// The text after `sqlite://` is a path as it stands: nothing in it is decoded, so that a file is always named
    /// as the configuration names it.
    pub(super) fn path(&self) -> Result<PathBuf, StoreError> {
        let scheme = self.url.split(':').next().unwrap_or_default().to_owned();
        let path = self.url.strip_prefix("sqlite://").ok_or(StoreError::Scheme { scheme })?;
        if path.is_empty() || path.starts_with(":memory:") || path.contains(['?', '\0']) {
            return Err(StoreError::Path);
        }
        Ok(PathBuf::from(path))
    }
}

impl std::fmt::Debug for StoreSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A database URL may hold a password.
        let Self { url: _, lease } = self;
        formatter.debug_struct("StoreSettings").field("lease", lease).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<&str>) {
        let settings = StoreSettings { url: url.to_owned(), lease: Duration::from_mins(2) };
        assert_eq!(settings.path().ok(), expected.map(PathBuf::from), "{url}");
    }

    #[test]
    fn only_a_url_that_names_a_file_is_a_store() {
        check("sqlite://reservation-sync.db", Some("reservation-sync.db"));
        check("sqlite:///var/lib/a b%20c.db", Some("/var/lib/a b%20c.db"));
        for bad in
            ["sqlite://", "sqlite://:memory:", "sqlite://a.db?mode=ro", "postgres://u:p@h/d", "a.db", ""]
        {
            check(bad, None);
        }
    }

    #[test]
    fn a_password_in_the_url_is_never_shown() {
        let settings =
            StoreSettings { url: "postgres://u:hunter2@h/d".to_owned(), lease: Duration::from_secs(1) };
        let error = settings.path().expect_err("not served yet");
        assert!(!format!("{settings:?} {error} {error:?}").contains("hunter2"));
    }
}
