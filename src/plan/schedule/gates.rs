//! The limits that calls count against, three for each door, and what is kept about each.

use crate::model::DoorRef;
use crate::plan::{DoorOperation, Step};

/// One limit of one door.
pub(super) type Gate = (DoorRef, DoorOperation);

/// The limits that a step counts against.
pub(super) fn gates(step: &Step) -> impl Iterator<Item = Gate> + '_ {
    let operation = step.call.door_operation();
    step.doors.iter().filter_map(move |door| operation.map(|operation| (*door, operation)))
}

/// Something about each limit, found by position: a schedule asks for it many times for each call.
#[derive(Debug)]
pub(super) struct ByGate<T> {
    of_doors: Vec<[T; 3]>,
}

impl<T: Default> ByGate<T> {
    pub(super) fn new() -> Self {
        Self { of_doors: Vec::new() }
    }

    /// `None` for a door that nobody has touched yet.
    pub(super) fn get(&self, (door, operation): Gate) -> Option<&T> {
        Some(&self.of_doors.get(door.0 as usize)?[operation as usize])
    }

    /// What is kept about a limit; the default where it was not touched yet.
    pub(super) fn entry(&mut self, (DoorRef(door), operation): Gate) -> &mut T {
        let position = door as usize;
        if position >= self.of_doors.len() {
            self.of_doors.resize_with(position + 1, Default::default);
        }
        &mut self.of_doors[position][operation as usize]
    }
}

impl<T> ByGate<T> {
    /// All that is kept about the doors up to the last that was touched.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (Gate, T)> {
        const OPERATIONS: [DoorOperation; 3] =
            [DoorOperation::Create, DoorOperation::Update, DoorOperation::Delete];
        (0..).map(DoorRef).zip(self.of_doors).flat_map(|(door, of_door)| {
            OPERATIONS.into_iter().zip(of_door).map(move |(operation, value)| ((door, operation), value))
        })
    }
}
