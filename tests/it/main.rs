//! The tests that talk to real things, in one binary.

mod contract;
mod sandbox_client;
mod sandbox_grants;
mod sandbox_issuance;
mod sandbox_state;
mod sandbox_switches;
mod sandbox_trouble;
