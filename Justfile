# `just` lists the recipes. Each is one or two commands that also work without just.

_default:
    @just --list

# What CI runs.
check: fmt-check lint doc demo test

# Format the code.
fmt:
    cargo fmt

fmt-check:
    cargo fmt --check

# Clippy with warnings denied.
lint:
    cargo clippy --all-targets --locked -- -D warnings

# API documentation with warnings denied.
doc:
    RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --locked

# All tests; `just test planner` runs those with planner in the name.
test *filter:
    cargo test --locked {{ filter }}

# The README's first command, from the beginning.
demo:
    rm -rf target/demo
    cargo run --quiet -- run --config config/demo.toml

# A hundred thousand reservations in one run, which takes too long for every day.
endurance:
    cargo test --release --locked --test it endurance -- --include-ignored --nocapture

# Property tests on other worlds than those of every day, and many more of them.
properties cases="20000":
    PROPTEST_RNG_SEED=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') PROPTEST_CASES={{ cases }} cargo test --locked -- schedule::tests plan_ rules_scope rules_adoption

# Simulated runs under seeded trouble, other ones each time; stops at the first seed that fails and says how to play it again.
simulation seeds="1000000":
    PROPTEST_RNG_SEED=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') SIMULATION_SEEDS={{ seeds }} cargo test --release --locked --test it simulation::thousands -- --nocapture

# So many seeds from one on, always the same ones: a range that can be gone on with.
simulation-range first seeds:
    SIMULATION_FIRST={{ first }} SIMULATION_SEEDS={{ seeds }} cargo test --release --locked --test it simulation::thousands -- --nocapture

# How near the schedule comes to what servers of every kind allow, on a clock of its own: each server at each rate.
rates:
    cargo test --release --locked --lib schedule::rates -- --include-ignored

# Small worlds of a family (two, three, four, times, partial), by their numbers, judged by who can open which unit.
worlds family="two" from="0" to="" every="1":
    WORLDS={{ family }} FROM={{ from }} TO={{ to }} EVERY={{ every }} cargo test --release --locked --test it small_worlds::worlds_of_a_family -- --ignored --nocapture

# Benchmarks: times and memory of 100,000 rows.
bench:
    cargo bench --locked

# One night of that many rows, once: times and memory.
footprint rows:
    cargo bench --locked --profile release --bench footprint -- {{ rows }}

# Carrying out, beside Seam's own Python SDK and beside what the limits allow; writes two pictures of runs to target/runs.
carrying-out:
    python3 -m venv target/sdk
    target/sdk/bin/pip install --quiet seam==3.18.0
    cargo build --locked --release
    target/sdk/bin/python benches/against_the_sdk.py --svg target/runs

# Reading, beside the same work in Python: a CSV file and a workbook of that many rows.
reading csv="1000000" workbook="100000":
    python3 -m venv target/python
    target/python/bin/pip install --quiet openpyxl==3.1.5
    PYTHON=target/python/bin/python cargo bench --locked --profile release --bench reading -- {{ csv }} {{ workbook }}

# The readers on bytes that no program wrote, each for that many seconds; needs a nightly Rust and `cargo install cargo-fuzz`.
fuzz seconds="60":
    for target in csv rows workbook; do \
        mkdir -p fuzz/corpus/$target && \
        cargo +nightly fuzz run $target fuzz/corpus/$target fuzz/seeds/$target -- -max_total_time={{ seconds }} -timeout=10 || exit 1; \
    done

# Licences, duplicate versions and sources of the dependencies; advisories need network.
deny:
    cargo deny --offline check bans licenses sources

# Make the samples again from hotels.csv.gz of the hotel booking demand data set.
samples table:
    python3 samples/make_samples.py {{ table }}
