//! All tests that cross an edge, in one binary.

mod store_lease;
mod store_recorder;
mod store_runs;
