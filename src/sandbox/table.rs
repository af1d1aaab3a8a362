//! Rows in order of creation, found by id. The order never changes, so that a page cursor stays good.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::Record;

/// A row's place in the order of creation. It is never given to another row.
pub(crate) type Ordinal = u64;

#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<Ordinal, T>,
    ordinals: HashMap<Uuid, Ordinal>,
    next: Ordinal,
}

/// A table as it is written to disk.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TableImage<T> {
    next: Ordinal,
    rows: Vec<(Ordinal, T)>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), ordinals: HashMap::new(), next: 1 }
    }
}

impl<T: Record> Table<T> {
    pub(crate) fn get(&self, id: Uuid) -> Option<&T> {
        self.rows.get(self.ordinals.get(&id)?)
    }

    pub(crate) fn at(&self, ordinal: Ordinal) -> Option<&T> {
        self.rows.get(&ordinal)
    }

    pub(crate) fn ordinal(&self, id: Uuid) -> Option<Ordinal> {
        self.ordinals.get(&id).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    pub(crate) fn rows_from(&self, first: Ordinal) -> impl Iterator<Item = (Ordinal, &T)> {
        self.rows.range(first..).map(|(&ordinal, row)| (ordinal, row))
    }

    /// Replaces the row with the same id or appends a new one; returns its place.
    pub(crate) fn put(&mut self, row: T) -> Ordinal {
        let ordinal = *self.ordinals.entry(row.id()).or_insert_with(|| {
            let ordinal = self.next;
            self.next += 1;
            ordinal
        });
        self.rows.insert(ordinal, row);
        ordinal
    }

    pub(crate) fn remove(&mut self, id: Uuid) -> Option<(Ordinal, T)> {
        let ordinal = self.ordinals.remove(&id)?;
        self.rows.remove(&ordinal).map(|row| (ordinal, row))
    }

    pub(crate) fn image(&self) -> TableImage<T>
    where
        T: Clone,
    {
        TableImage { next: self.next, rows: self.rows.iter().map(|(&n, row)| (n, row.clone())).collect() }
    }

    pub(crate) fn from_image(image: TableImage<T>) -> Self {
        let ordinals = image.rows.iter().map(|(ordinal, row)| (row.id(), *ordinal)).collect();
        Self { rows: image.rows.into_iter().collect(), ordinals, next: image.next }
    }
}
