//! Computing on several cores with the threads of the standard library.
//!
//! The caller's thread takes its share. A pool would do all of it on threads of its own, and those do not use the room
//! that reading and mapping gave back: up to 25 MB of a night of a hundred thousand rows. Results do not depend on who
//! was first. Where there is one core no thread is started.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::thread::{ScopedJoinHandle, available_parallelism, scope};

/// The kernel is asked once.
static N_CORES: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, NonZero::get));

/// With fewer elements than that for each core a thread costs more than it saves.
const WORTH_A_THREAD: usize = 64;

/// Does two things, the second on another core if there is one.
pub fn both<A, B: Send>(here: impl FnOnce() -> A, there: impl FnOnce() -> B + Send) -> (A, B) {
    if *N_CORES == 1 {
        return (here(), there());
    }
    scope(|scope| {
        let there = scope.spawn(there);
        (here(), joined(there))
    })
}

/// What a function makes of each element, in the order of the elements.
pub fn each<'a, T: Sync, R: Send>(elements: &'a [T], make: impl Fn(&'a T) -> R + Sync) -> Vec<R> {
    let share = elements.len().div_ceil(*N_CORES).max(WORTH_A_THREAD);
    let mut shares = elements.chunks(share);
    let Some(mine) = shares.next() else { return Vec::new() };
    scope(|scope| {
        let make = &make;
        let others: Vec<_> =
            shares.map(|share| scope.spawn(move || share.iter().map(make).collect::<Vec<R>>())).collect();
        let mut made = Vec::with_capacity(elements.len());
        made.extend(mine.iter().map(make));
        for other in others {
            made.append(&mut joined(other));
        }
        made
    })
}

/// What another thread gave; its panic goes on here.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn what_is_made_stands_in_the_order_of_what_it_is_made_of() {
        for n in [0, 1, WORTH_A_THREAD, WORTH_A_THREAD + 1, 10 * WORTH_A_THREAD + 7] {
            let elements: Vec<usize> = (0..n).collect();
            let doubled: Vec<usize> = elements.iter().map(|element| element * 2).collect();
            assert_eq!(each(&elements, |element| element * 2), doubled, "{n}");
        }
        assert_eq!(both(|| "here", || "there"), ("here", "there"));
    }

    #[test]
    fn a_panic_on_another_core_is_one_here() {
        let elements: Vec<usize> = (0..WORTH_A_THREAD * 3).collect();
        let last = elements.len() - 1;
        assert!(catch_unwind(|| each(&elements, |element| assert_ne!(*element, last))).is_err());
        assert!(catch_unwind(|| both(|| (), || panic!("there"))).is_err());
    }
}
