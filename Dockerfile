# syntax=docker/dockerfile:1
# A small image with nothing but the program: no shell, no package manager, no root.
#
#   docker build -t reservation-sync .
#   docker run --rm reservation-sync --help

# The tag is the version in rust-toolchain.toml, so that rustup has nothing to fetch.
FROM rust:1.95.0-bookworm AS chef
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN cargo install cargo-chef --version 0.1.78 --locked
WORKDIR /build

FROM chef AS recipe
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# Dependencies are a layer of their own, rebuilt only when Cargo.lock changes.
COPY --from=recipe /build/recipe.json recipe.json
RUN cargo chef cook --release --locked --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked --bin reservation-sync \
 && mkdir -p /image/usr/local/bin /image/var/lib/reservation-sync \
 && cp target/release/reservation-sync /image/usr/local/bin/

# glibc, libgcc, time zones and the root certificates, as user 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=65532:65532 /image/var/lib/reservation-sync /var/lib/reservation-sync
COPY --from=build /image/usr/local/bin/reservation-sync /usr/local/bin/reservation-sync
# Numeric, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /var/lib/reservation-sync
VOLUME /var/lib/reservation-sync
ENV RESERVATION_SYNC_CONFIG=/etc/reservation-sync/reservation-sync.toml
ENTRYPOINT ["/usr/local/bin/reservation-sync"]
CMD ["--help"]
