//! Tests that use the program as its users and callers do; one binary, one module a subject.

mod plan_properties;
mod small_world;
