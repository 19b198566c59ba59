#!/usr/bin/env bash
# A k6 scenario against a running platform; leaves report.html, report.md and summary.json in $OUT.
#
#   BASE_URL=http://localhost:8080 SCENARIO=full-flow OUT=build/load deploy/jenkins/load.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

steps=()
if [ "${ENABLE_CAPTURE:-false}" = true ]; then
  steps+=(--capture)
  if [ "${ENABLE_REFUND:-false}" = true ]; then
    steps+=(--refund)
  fi
fi

cargo xtask load "${SCENARIO:-payment-scenario}" "${steps[@]}" \
  --url "${BASE_URL:-http://localhost:8080}" \
  --out "${OUT:-build/load}" \
  --rate "${RATE_SCALE:-1}" \
  --time "${TIME_SCALE:-1}"
