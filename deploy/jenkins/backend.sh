#!/usr/bin/env bash
# The platform: every check, then every test; the same door that contributors use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

.ci/run
