#!/usr/bin/env bash
# The pages: installed as locked, checked, tested, built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../web"

npm ci
npm run lint
npm test
npm run build
