//! The tables of both engines, from the first version of this program on.
//!
//! The same number means the same change in both. Migrations are only ever added.

use std::iter::zip;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// What each migration is about, the first one first.
const NAMES: [&str; 7] = ["init", "source rows", "moves", "identity", "trust", "pins", "leases"];

/// The texts for an engine, in that order.
macro_rules! texts {
    ($engine:literal) => {
        [
            include_str!(concat!("../../migrations/", $engine, "/1_init.sql")),
            include_str!(concat!("../../migrations/", $engine, "/2_source_rows.sql")),
            include_str!(concat!("../../migrations/", $engine, "/3_moves.sql")),
            include_str!(concat!("../../migrations/", $engine, "/4_identity.sql")),
            include_str!(concat!("../../migrations/", $engine, "/5_trust.sql")),
            include_str!(concat!("../../migrations/", $engine, "/6_pins.sql")),
            include_str!(concat!("../../migrations/", $engine, "/7_leases.sql")),
        ]
    };
}

pub(super) fn sqlite() -> Migrator {
    migrator(texts!("sqlite"))
}

/// The caller has a lock of its own, which a pooler between us and the server does not hinder.
pub(super) fn postgres() -> Migrator {
    let mut migrator = migrator(texts!("postgres"));
    migrator.set_locking(false);
    migrator
}

fn migrator(texts: [&'static str; NAMES.len()]) -> Migrator {
    let migration = |(version, (name, text)): (i64, (&'static str, &'static str))| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(zip(1.., zip(NAMES, texts)).map(migration).collect())
}
