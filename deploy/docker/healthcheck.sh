#!/usr/bin/env bash
# Whether the process in this container can serve: 200 at /readyz. Without curl, which the image does not have.
set -euo pipefail

port="${SERVER_PORT:-8080}"
exec 3<>"/dev/tcp/127.0.0.1/${port}"
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
IFS=' ' read -r _ status _ <&3
if [ "$status" != 200 ]; then
  echo "not ready: /readyz answered ${status}"
  exit 1
fi
echo ready
