//! The tables of both engines, from the first version of this program on.
//!
//! The same number means the same change in both. Migrations are only ever added.

use std::iter::zip;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// What each migration is about, the first one first.
const NAMES: [&str; 9] =
    ["init", "source rows", "moves", "identity", "trust", "pins", "leases", "facts", "source age"];

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
            include_str!(concat!("../../migrations/", $engine, "/8_facts.sql")),
            include_str!(concat!("../../migrations/", $engine, "/9_source_age.sql")),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Namespace;
    use crate::store::{Fate, Store, StoreAddress, StoreSettings, sqlite};

    #[tokio::test]
    async fn a_lock_of_the_version_before_signs_of_life_were_kept_is_still_understood() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("store.db");
        std::fs::write(&path, "").expect("the folder is writable");
        let pool = sqlite::connect(&path).await.expect("it is a new file");
        let six = sqlite().iter().take(6).cloned().collect();
        Migrator::with_migrations(six).run(&pool).await.expect("the tables are new");
        sqlx::query("insert into leases values ('w', 'pms', 'l1', 'night-desk', 'b', 'p', 7, 1, 1000, 2000)")
            .execute(&pool)
            .await
            .expect("there is a table");
        pool.close().await;

        let address = StoreAddress::file(&path);
        let settings = StoreSettings { address, lease: Duration::from_mins(2), keep_runs: None };
        let store = Store::open(&settings).await.expect("it is brought up to date");
        let namespace = Namespace::new("pms").expect("letters only");
        let locks = store.unlock(&namespace, None).await.expect("the store is writable");
        assert_eq!(locks.len(), 1);
        assert_eq!(locks[0].renewed, locks[0].since);
        assert_eq!(locks[0].fate, Fate::LiftedExpired);
    }
}
