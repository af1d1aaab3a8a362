//! What was wanted of a grant, small enough to be remembered for every one of them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::grant::Method;
use super::method_set::MethodSet;
use super::name::SpaceKey;
use super::time::Window;

/// What a source wanted of one guest in one window: a hash of the spaces and the methods, the window, and what the row
/// said of the arrival.
///
/// Two are compared to tell whether the source changed it (RULES 23). Any start in the past equals any other
/// (RULES 19); the status of the row is no part of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wanted {
    access: u64,
    window: Window,
    arrived: Arrived,
}

/// What the last row says of a guest since the window began (RULES, Terms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    /// Nothing: it was written earlier, or the source has no status for it.
    Unsaid,
    /// The guest is still expected, in a source that says who is checked in.
    NotYet,
    /// The guest is checked in.
    Yes,
}

/// The text is none of ours: written by an earlier version, or by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record of what was wanted")]
pub struct WantedError;

impl Wanted {
    /// Sums up what is wanted; the spaces in the order of their keys.
    pub fn of<'a>(spaces: impl Iterator<Item = &'a SpaceKey>, window: &Window, methods: MethodSet) -> Self {
        let mut hasher = blake3::Hasher::new();
        for space in spaces {
            hasher.update(space.as_str().as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(&[0]);
        for method in methods.iter().map(|method: &Method| method.as_str()) {
            hasher.update(method.as_bytes());
            hasher.update(&[0]);
        }
        let mut access = [0; 8];
        access.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self { access: u64::from_le_bytes(access), window: *window, arrived: Arrived::Unsaid }
    }

    /// The same, of a row that says this of the arrival.
    #[must_use]
    pub fn of_guest_who(self, arrived: Arrived) -> Self {
        Self { arrived, ..self }
    }

    /// The same for another window.
    #[must_use]
    pub fn within(self, window: Window) -> Self {
        Self { window, ..self }
    }

    /// The window that was wanted.
    pub fn window(&self) -> Window {
        self.window
    }

    /// What the row said of the arrival.
    pub fn arrived(&self) -> Arrived {
        self.arrived
    }

    /// Whether the same was wanted, seen from an instant.
    pub fn is_same_as(&self, other: &Self, now: Timestamp) -> bool {
        self.access == other.access && self.window.same_from(&other.window, now)
    }
}

/// The form in which it is kept: `w2:HASH:START:END`, both in milliseconds, the end blank where there is none, and
/// `:in` behind it for a guest who was checked in, `:due` for one who was still expected.
impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access, window, arrived } = self;
        write!(formatter, "w2:{access:016x}:{}:", window.starts_at.as_millisecond())?;
        if let Some(end) = window.ends_at {
            write!(formatter, "{}", end.as_millisecond())?;
        }
        formatter.write_str(match arrived {
            Arrived::Unsaid => "",
            Arrived::NotYet => ":due",
            Arrived::Yes => ":in",
        })
    }
}

impl From<Wanted> for String {
    fn from(wanted: Wanted) -> Self {
        wanted.to_string()
    }
}

impl TryFrom<String> for Wanted {
    type Error = WantedError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instant = |text: &str| {
            let milliseconds: i64 = text.parse().map_err(|_| WantedError)?;
            Timestamp::from_millisecond(milliseconds).map_err(|_| WantedError)
        };
        let parts: Vec<&str> = text.split(':').collect();
        let (access, start, end, arrived) = match parts[..] {
            ["w2", access, start, end] => (access, start, end, Arrived::Unsaid),
            ["w2", access, start, end, "due"] => (access, start, end, Arrived::NotYet),
            ["w2", access, start, end, "in"] => (access, start, end, Arrived::Yes),
            _ => return Err(WantedError),
        };
        let ends_at = if end.is_empty() { None } else { Some(instant(end)?) };
        Ok(Self {
            access: u64::from_str_radix(access, 16).map_err(|_| WantedError)?,
            window: Window { starts_at: instant(start)?, ends_at },
            arrived,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(spaces: &[&str], starts: i64, ends: i64, methods: MethodSet) -> Wanted {
        let at = |second| Timestamp::from_second(second).expect("a small number");
        let spaces: Vec<SpaceKey> = spaces.iter().map(SpaceKey::new).collect();
        Wanted::of(spaces.iter(), &Window::new(at(starts), at(ends)), methods)
    }

    #[test]
    fn doors_methods_the_end_and_a_start_to_come_make_a_difference() {
        let code: MethodSet = [Method::Code].into();
        let first = wanted(&["101", "lobby"], 100, 200, code);
        let check = |other: Wanted, now: i64, expected: bool| {
            let now = Timestamp::from_second(now).expect("a small number");
            assert_eq!(first.is_same_as(&other, now), expected, "{other}");
        };
        check(wanted(&["101", "lobby"], 100, 200, code), 0, true);
        check(wanted(&["101"], 100, 200, code), 0, false);
        check(wanted(&["101", "lobby"], 100, 201, code), 0, false);
        check(wanted(&["101", "lobby"], 100, 200, [Method::Card].into()), 0, false);
        check(wanted(&["101lobby"], 100, 200, code), 0, false);
        check(wanted(&["101", "lobby"], 90, 200, code), 0, false);
        check(wanted(&["101", "lobby"], 90, 200, code), 150, true);
    }

    #[test]
    fn what_was_written_down_is_read_again() {
        let wanted = wanted(&["101"], 100, 200, [Method::Code].into());
        assert_eq!(wanted.to_string().parse(), Ok(wanted));
        for arrived in [Arrived::Unsaid, Arrived::NotYet, Arrived::Yes] {
            let open = Wanted { window: Window { ends_at: None, ..wanted.window }, ..wanted };
            let open = open.of_guest_who(arrived);
            assert_eq!(open.to_string().parse(), Ok(open));
        }
        for bad in ["", "w2:", "w2:xyz:1:2", "w2:00:x:1", "w1:00:1", "w2:00:1:2:out", "5f2c00"] {
            assert_eq!(bad.parse::<Wanted>(), Err(WantedError), "{bad}");
        }
    }
}
