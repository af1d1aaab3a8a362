//! The address of a database: which engine, how it is reached, and how it is named without the password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;

/// A database; shown without user and password.
#[derive(Clone)]
pub struct DatabaseAddress {
    engine: Engine,
    /// The path of a file, or the whole address of a server.
    secret: SecretString,
    shown: String,
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
    MySql,
}

/// What is connected to.
pub(super) enum Target {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
    MySql(Box<MySqlConnectOptions>),
}

/// Why a text is no address of a database. It never repeats the text, which holds a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(&'static str);

impl DatabaseAddress {
    /// The file of an SQLite database, and how the configuration calls it.
    pub fn file(path: &str, shown: &str) -> Self {
        Self { engine: Engine::Sqlite, secret: path.into(), shown: format!("sqlite://{shown}") }
    }

    /// A server, by `postgres://…` or `mysql://…`.
    pub fn server(url: &str) -> Result<Self, AddressError> {
        const UNREADABLE: AddressError =
            AddressError("the address cannot be read; in a password, write / as %2F, @ as %40 and : as %3A");
        let (scheme, rest) = url
            .split_once("://")
            .ok_or(AddressError("expected an address that begins with sqlite://, postgres:// or mysql://"))?;
        match scheme {
            "postgres" | "postgresql" => {
                let options = PgConnectOptions::from_str(url).map_err(|_| UNREADABLE)?;
                let database = options.get_database().unwrap_or(options.get_username());
                let shown = format!("postgres://{}:{}/{database}", options.get_host(), options.get_port());
                Ok(Self { engine: Engine::Postgres, secret: url.into(), shown })
            }
            "mysql" | "mariadb" => {
                let url = format!("mysql://{rest}");
                let options = MySqlConnectOptions::from_str(&url).map_err(|_| UNREADABLE)?;
                let database = options.get_database().ok_or(AddressError(
                    "the address needs the name of a database, as in mysql://host/pms",
                ))?;
                let shown = format!("mysql://{}:{}/{database}", options.get_host(), options.get_port());
                Ok(Self { engine: Engine::MySql, secret: url.into(), shown })
            }
            _ => Err(AddressError("expected an address that begins with sqlite://, postgres:// or mysql://")),
        }
    }

    /// The file of an SQLite database; `None` for a server.
    pub fn path(&self) -> Option<&Path> {
        (self.engine == Engine::Sqlite).then(|| Path::new(self.secret.expose_secret()))
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    pub(super) fn target(&self) -> sqlx::Result<Target> {
        let secret = self.secret.expose_secret();
        Ok(match self.engine {
            Engine::Sqlite => Target::Sqlite(secret.into()),
            Engine::Postgres => Target::Postgres(Box::new(secret.parse()?)),
            Engine::MySql => Target::MySql(Box::new(secret.parse()?)),
        })
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl PartialEq for DatabaseAddress {
    fn eq(&self, other: &Self) -> bool {
        let Self { engine, secret, shown } = self;
        *engine == other.engine
            && *shown == other.shown
            && secret.expose_secret() == other.secret.expose_secret()
    }
}

impl Eq for DatabaseAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Result<&str, &str>) {
        let address = DatabaseAddress::server(url);
        let shown = address.as_ref().map(ToString::to_string).map_err(ToString::to_string);
        assert_eq!(shown.as_deref().map_err(String::as_str), expected);
        assert!(!format!("{address:?}").contains("geheim"));
    }

    #[test]
    fn an_address_is_shown_without_its_user_and_password() {
        check("postgres://pms:geheim@db.example.com/odoo", Ok("postgres://db.example.com:5432/odoo"));
        check("postgresql://pms:geheim@[::1]:5433/odoo?sslmode=require", Ok("postgres://[::1]:5433/odoo"));
        check("mysql://pms:geheim%2F@db.example.com/qlo", Ok("mysql://db.example.com:3306/qlo"));
        check("mariadb://pms@db.example.com:3307/qlo", Ok("mysql://db.example.com:3307/qlo"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        let kinds = "expected an address that begins with sqlite://, postgres:// or mysql://";
        check("geheim", Err(kinds));
        check("sqlserver://pms:geheim@db.example.com/pms", Err(kinds));
        check(
            "mysql://pms:geheim@db.example.com",
            Err("the address needs the name of a database, as in mysql://host/pms"),
        );
        let unreadable = "the address cannot be read; in a password, write / as %2F, @ as %40 and : as %3A";
        check("postgres://pms:gehe/im:geheim@db.example.com/x", Err(unreadable));
        check("postgres://db.example.com/x?sslmode=geheim", Err(unreadable));
    }
}
