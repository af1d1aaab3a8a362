//! Tests that use the program as its users and callers do; one binary, one module a subject.

mod contract;
mod plan_properties;
mod report_json;
mod report_sample;
mod report_text;
mod rules_hotel;
mod rules_moves;
mod rules_stays;
mod sandbox_client;
mod sandbox_grants;
mod sandbox_issuance;
mod sandbox_state;
mod sandbox_trouble;
mod seam_doubt;
mod seam_faults;
mod seam_inventory;
mod seam_reader;
mod seam_script;
mod seam_workspace;
mod seam_writer;
mod small_world;
mod store_crash;
mod store_lease;
mod store_recorder;
mod store_runs;
