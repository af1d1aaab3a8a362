//! Small sorted sets that are shared: cloning one copies a pointer.
//!
//! A hundred thousand grants open a few hundred different sets of doors. A tree for each would be most of the memory
//! of a run.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A sorted set that is made once and rarely changed. The empty one is `None`: most sets are empty, and an empty `Arc`
/// is one count for the whole program, at which threads wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedSet<T>(Option<Arc<[T]>>);

impl<T> SharedSet<T> {
    /// The set without elements.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether the set has no element.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.elements().len()
    }

    /// The elements, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.elements().iter()
    }

    fn elements(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T: Ord> SharedSet<T> {
    /// Whether it has the element.
    pub fn contains(&self, element: &T) -> bool {
        self.elements().binary_search(element).is_ok()
    }

    /// The elements that both have, sorted.
    pub fn intersection<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> {
        self.iter().filter(|element| other.contains(element))
    }
}

impl<T: Ord + Clone> SharedSet<T> {
    /// Adds an element, in a copy of the set where it is shared.
    pub fn insert(&mut self, element: T) {
        if !self.contains(&element) {
            *self = self.iter().cloned().chain([element]).collect();
        }
    }

    /// Takes an element out, in a copy of the set where it is shared.
    pub fn remove(&mut self, element: &T) {
        if self.contains(element) {
            *self = self.iter().filter(|known| *known != element).cloned().collect();
        }
    }
}

impl<T> Default for SharedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord> FromIterator<T> for SharedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut elements: Vec<T> = elements.into_iter().collect();
        elements.sort_unstable();
        elements.dedup();
        Self((!elements.is_empty()).then(|| elements.into()))
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for SharedSet<T> {
    fn from(elements: [T; N]) -> Self {
        elements.into_iter().collect()
    }
}

impl<T: Ord> From<BTreeSet<T>> for SharedSet<T> {
    fn from(elements: BTreeSet<T>) -> Self {
        elements.into_iter().collect()
    }
}

impl<'a, T> IntoIterator for &'a SharedSet<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Serialize> Serialize for SharedSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for SharedSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|elements: Vec<T>| elements.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_sorted_and_has_each_element_once() {
        let mut set: SharedSet<u8> = [3, 1, 2, 3, 1].into();
        let copy = set.clone();
        set.insert(0);
        set.insert(3);
        set.remove(&2);
        assert_eq!(set.iter().copied().collect::<Vec<_>>(), [0, 1, 3]);
        assert!(set.contains(&1) && !set.contains(&2));
        assert_eq!(copy, [1, 2, 3].into(), "a copy does not change with the other");
        assert!(set.intersection(&copy).eq(&[1, 3]));
    }

    #[test]
    fn a_set_is_a_sorted_list_in_json() {
        let set: SharedSet<u8> = serde_json::from_str("[2,1,2]").expect("a list of numbers");
        assert_eq!(serde_json::to_string(&set).expect("numbers"), "[1,2]");
        assert_eq!(SharedSet::<u8>::new().len(), 0);
    }
}
