# syntax=docker/dockerfile:1
# The platform: one binary, its role is the command (`ingest`, `worker`, `up`, `migrate`). Built from the root of the repository:
#
#   docker build -f deploy/docker/backend.Dockerfile -t payment-swelite .

FROM node:24.11-bookworm-slim AS web
WORKDIR /src
COPY docs docs
# The words of the goods and of the pages the server writes: which letters the fonts need, and what the home page shows before
# anything has run.
COPY crates/server/src/http/shop/catalogue.json crates/server/src/http/shop/catalogue.json
COPY crates/server/src/http/docs crates/server/src/http/docs
COPY crates/server/src/http/pages crates/server/src/http/pages
COPY web web
WORKDIR /src/web
RUN --mount=type=cache,target=/npm npm ci --cache /npm && npm run build

FROM rust:1.95.0-slim-bookworm AS build
# The C libraries inside (SQLite, aws-lc, librdkafka, OpenSSL) are compiled; Debian's own versions do not matter here.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ make perl pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
# Tables of lines stay, for backtraces one can read; everything else that only a debugger wants goes.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package server --bin swelite \
    && install -D --mode=0755 target/release/swelite /out/swelite

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Payment SWElite" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 swelite \
    && useradd --system --uid 10001 --gid swelite --home-dir /data --shell /usr/sbin/nologin swelite \
    && install --directory --owner=swelite --group=swelite --mode=0750 /data
COPY --from=build /out/swelite /usr/local/bin/swelite
COPY --chmod=0755 deploy/docker/healthcheck.sh deploy/docker/secrets.sh /usr/local/bin/
USER 10001:10001
WORKDIR /data
ENV SERVER_PORT=8080 SWELITE_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 CMD ["/usr/local/bin/healthcheck.sh"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/swelite"]
CMD ["up"]
