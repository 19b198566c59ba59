#!/usr/bin/env bash
# Prints a token of an admin who is made for the pipeline, from a one-time link (`swelite operators recover`).
#
#   export SWELITE_TOKEN="$(deploy/jenkins/token.sh "$(docker compose exec -T ingest-service swelite operators recover)")"
set -euo pipefail

base="${BASE_URL:-http://localhost:8080}"
link="${1##*link=}"
name="pipeline-$$-$(date +%s)"

post() {
  curl --silent --show-error --fail-with-body --max-time 30 --header 'Content-Type: application/json' "$@"
}

# Nobody needs this password again.
password="$(head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9')-pipeline"
cookie="$(post --data "{\"link\":\"$link\",\"name\":\"$name\",\"password\":\"$password\"}" --output /dev/null \
  --dump-header - "$base/session/link" | tr -d '\r' | sed -nE 's/^[Ss]et-[Cc]ookie: ([^;]+).*/\1/p')"
post --header "Cookie: $cookie" --data '{"days":1,"label":"pipeline"}' "$base/operators/$name/tokens" |
  sed -E 's/.*"token":"([^"]+)".*/\1/'
