//! Where the store is, named without user and password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

/// A file of SQLite, or a database of a PostgreSQL server.
#[derive(Clone)]
pub struct StoreAddress(Place);

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Server { url: SecretString, shown: String },
}

/// What is opened.
pub(super) enum Target {
    File(PathBuf),
    Server(Box<PgConnectOptions>),
}

/// The text is no address of a server. It is not repeated, because it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address cannot be read; in a password, write / as %2F, @ as %40 and : as %3A")]
pub struct AddressError;

impl StoreAddress {
    /// The file of an SQLite database. The path is taken as it stands, with nothing decoded.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Place::File(path.into()))
    }

    /// A database of a server, by `postgres://…`.
    pub fn server(url: &str) -> Result<Self, AddressError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| AddressError)?;
        let database = options.get_database().unwrap_or(options.get_username());
        let shown = format!("postgres://{}:{}/{database}", options.get_host(), options.get_port());
        Ok(Self(Place::Server { url: url.into(), shown }))
    }

    /// The file of an SQLite database; `None` for a server.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            Place::Server { .. } => None,
        }
    }

    pub(super) fn is_server(&self) -> bool {
        matches!(self.0, Place::Server { .. })
    }

    pub(super) fn target(&self) -> sqlx::Result<Target> {
        Ok(match &self.0 {
            Place::File(path) => Target::File(path.clone()),
            Place::Server { url, .. } => Target::Server(Box::new(url.expose_secret().parse()?)),
        })
    }
}

impl fmt::Display for StoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(path) => path.display().fmt(formatter),
            Place::Server { url: _, shown } => formatter.write_str(shown),
        }
    }
}

impl fmt::Debug for StoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl PartialEq for StoreAddress {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Place::File(one), Place::File(other)) => one == other,
            (Place::Server { url: one, shown: _ }, Place::Server { url: other, shown: _ }) => {
                one.expose_secret() == other.expose_secret()
            }
            (Place::File(_), Place::Server { .. }) | (Place::Server { .. }, Place::File(_)) => false,
        }
    }
}

impl Eq for StoreAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_shown_without_its_user_and_password() {
        let check = |url: &str, expected: Result<&str, AddressError>| {
            let address = StoreAddress::server(url);
            assert!(!format!("{address:?}").contains("geheim"));
            let shown = address.map(|address| address.to_string());
            assert_eq!(shown.as_deref(), expected.as_ref().map(|shown| *shown));
        };
        check("postgres://sync:geheim@db.example.com/sync", Ok("postgres://db.example.com:5432/sync"));
        check("postgresql://sync:geheim%2F@[::1]:5433/x?sslmode=require", Ok("postgres://[::1]:5433/x"));
        check("postgres://sync:gehe/im:geheim@db.example.com/x", Err(AddressError));
    }

    #[test]
    fn a_path_is_shown_and_opened_as_it_stands() {
        let address = StoreAddress::file("/var/lib/a b%20c.db");
        assert_eq!(address.to_string(), "/var/lib/a b%20c.db");
        let Ok(Target::File(path)) = address.target() else { panic!("it is a file") };
        assert_eq!(path, PathBuf::from("/var/lib/a b%20c.db"));
    }
}
