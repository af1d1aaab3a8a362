//! Sets of methods: there are four, so a set is one byte.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::grant::Method;

/// Ways to open a door; in the order of [`Method::ALL`], like any sorted set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MethodSet(u8);

impl MethodSet {
    /// The set without methods.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the set has no method.
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// How many methods it has.
    pub fn len(&self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it has the method.
    pub fn contains(&self, method: &Method) -> bool {
        self.0 & bit(*method) != 0
    }

    /// Adds a method; says whether it was missing.
    pub fn insert(&mut self, method: Method) -> bool {
        let was_missing = !self.contains(&method);
        self.0 |= bit(method);
        was_missing
    }

    /// The methods, sorted.
    pub fn iter(&self) -> Methods {
        Methods(self.0)
    }

    /// Those that the other set does not have.
    pub fn difference(&self, other: &Self) -> Methods {
        Methods(self.0 & !other.0)
    }

    /// Those that both have.
    pub fn intersection(&self, other: &Self) -> Methods {
        Methods(self.0 & other.0)
    }

    /// Whether the two have nothing in common.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0 & other.0 == 0
    }

    /// Whether the other has all of these.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0 & !other.0 == 0
    }
}

/// The methods of a set, one after the other; they are those of [`Method::ALL`].
#[derive(Debug, Clone)]
pub struct Methods(u8);

impl Iterator for Methods {
    type Item = &'static Method;
    fn next(&mut self) -> Option<Self::Item> {
        let method = Method::ALL.get(self.0.trailing_zeros() as usize)?;
        self.0 &= !bit(*method);
        Some(method)
    }
}

impl IntoIterator for &MethodSet {
    type Item = &'static Method;
    type IntoIter = Methods;
    fn into_iter(self) -> Methods {
        self.iter()
    }
}

fn bit(method: Method) -> u8 {
    1 << method as u8
}

/// By their methods, as sorted lists are compared.
impl Ord for MethodSet {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl PartialOrd for MethodSet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for MethodSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

impl Extend<Method> for MethodSet {
    fn extend<I: IntoIterator<Item = Method>>(&mut self, methods: I) {
        for method in methods {
            self.insert(method);
        }
    }
}

impl<'a> Extend<&'a Method> for MethodSet {
    fn extend<I: IntoIterator<Item = &'a Method>>(&mut self, methods: I) {
        self.extend(methods.into_iter().copied());
    }
}

impl FromIterator<Method> for MethodSet {
    fn from_iter<I: IntoIterator<Item = Method>>(methods: I) -> Self {
        let mut set = Self::new();
        set.extend(methods);
        set
    }
}

impl<const N: usize> From<[Method; N]> for MethodSet {
    fn from(methods: [Method; N]) -> Self {
        methods.into_iter().collect()
    }
}

impl Serialize for MethodSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for MethodSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|methods: Vec<Method>| methods.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all_sets() -> Vec<Vec<Method>> {
        (0..16)
            .map(|n| {
                Method::ALL.into_iter().enumerate().filter(|(i, _)| n >> i & 1 == 1).map(|(_, m)| m).collect()
            })
            .collect()
    }

    #[test]
    fn a_set_of_methods_behaves_like_any_sorted_set() {
        for left in all_sets() {
            let (small, large) = (left.iter().copied().collect::<MethodSet>(), BTreeSet::from_iter(left));
            assert!(small.iter().eq(&large));
            assert_eq!((small.len(), small.is_empty()), (large.len(), large.is_empty()));
            for right in all_sets() {
                let (other, others) =
                    (right.iter().copied().collect::<MethodSet>(), BTreeSet::from_iter(right));
                assert_eq!(small.cmp(&other), large.cmp(&others));
                assert_eq!(small == other, large == others);
                assert!(small.difference(&other).eq(large.difference(&others)));
                assert!(small.intersection(&other).eq(large.intersection(&others)));
                assert_eq!(small.is_disjoint(&other), large.is_disjoint(&others));
                assert_eq!(small.is_subset(&other), large.is_subset(&others));
            }
        }
    }

    #[test]
    fn a_set_of_methods_is_a_sorted_list_in_json() {
        let set: MethodSet = [Method::MobileKey, Method::Card].into();
        let json = serde_json::to_string(&set).expect("methods are words");
        assert_eq!(json, r#"["card","mobile_key"]"#);
        assert_eq!(serde_json::from_str::<MethodSet>(&json).expect("it was written above"), set);
    }
}
