//! All tests that cross an edge, in one binary.

mod report_json;
mod report_sample;
mod report_text;
mod store_crash;
mod store_lease;
mod store_recorder;
mod store_runs;
