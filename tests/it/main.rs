//! The tests that talk to real things, in one binary.

mod contract;
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
