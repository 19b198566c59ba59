#!/usr/bin/env bash
# Builds the images and starts everything; returns when all of it is healthy. Limits are raised: a load run would hit them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export APP_RATE_LIMIT_AUTHORIZE_CAPACITY="${APP_RATE_LIMIT_AUTHORIZE_CAPACITY:-1000000}"
export APP_RATE_LIMIT_CAPTURE_CAPACITY="${APP_RATE_LIMIT_CAPTURE_CAPACITY:-1000000}"
export APP_RATE_LIMIT_REFUND_CAPACITY="${APP_RATE_LIMIT_REFUND_CAPACITY:-1000000}"

docker compose build
docker compose up --detach --wait --wait-timeout "${WAIT_SECONDS:-300}"

# A build that runs in a container itself reaches the services by their names, on their network.
if [ -n "${JOIN_NETWORK:-}" ]; then
  docker network connect "${COMPOSE_PROJECT_NAME}_payment" "$(hostname)"
fi
