#!/usr/bin/env bash
# Ends everything and forgets what it held; keeps the logs, which are wanted exactly when something went wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

mkdir -p "${OUT:-build/load}"
docker compose --profile load --profile jenkins logs --no-color >"${OUT:-build/load}/compose.log" 2>&1 || true
if [ -n "${JOIN_NETWORK:-}" ]; then
  docker network disconnect "${COMPOSE_PROJECT_NAME}_payment" "$(hostname)" || true
fi
docker compose --profile load down --volumes --remove-orphans --timeout 60
