#!/usr/bin/env bash
# One payment's whole life against a running platform: authorize, capture, the journal entry, refund, and the books in balance.
#
#   BASE_URL=http://localhost:8080 [SWELITE_TOKEN=swo_…] deploy/jenkins/smoke.sh
#
# Where operators must log in, the trial balance needs the token of one; everything else is a merchant's call.
set -euo pipefail

base="${BASE_URL:-http://localhost:8080}"
merchant="${MERCHANT_ID:-smoke}"
key="smoke-$(date +%s)-$$"

# Prints the body; the answer must have the wanted status.
call() {
  local wanted="$1" method="$2" path="$3" body="${4:-}" answer status
  answer="$(curl --silent --show-error --max-time 30 --request "$method" --header 'Content-Type: application/json' \
    ${SWELITE_TOKEN:+--header "Authorization: Bearer $SWELITE_TOKEN"} ${body:+--data "$body"} --write-out '\n%{http_code}' "$base$path")"
  status="${answer##*$'\n'}"
  if [ "$status" != "$wanted" ]; then
    echo "error: $method $path was answered with $status, not $wanted: ${answer%$'\n'*}" >&2
    exit 1
  fi
  printf '%s' "${answer%$'\n'*}"
}

# The value of a field, where it appears first.
field() {
  sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/"
}

eventually() {
  local what="$1" wanted="$2"
  shift 2
  for _ in $(seq 1 60); do
    if "$@" | grep -q "$wanted"; then
      echo "ok: $what"
      return
    fi
    sleep 0.5
  done
  echo "error: $what: not within 30 s" >&2
  exit 1
}

call 200 GET /readyz >/dev/null
body="{\"merchantId\":\"$merchant\",\"amount\":10000,\"currency\":\"KRW\",\"idempotencyKey\":\"$key\"}"
first="$(call 200 POST /payments/authorize "$body")"
payment="$(printf '%s' "$first" | field paymentId)"
echo "ok: authorized payment $payment"

if [ "$(call 200 POST /payments/authorize "$body")" != "$first" ]; then
  echo "error: the same key got another answer" >&2
  exit 1
fi
echo "ok: the same key gets the same answer"

call 200 POST "/payments/capture/$payment" "{\"merchantId\":\"$merchant\"}" >/dev/null
eventually "the capture is in the ledger" 'payment.captured' call 200 GET "/payments/$payment/ledger?merchantId=$merchant"
call 200 POST "/payments/refund/$payment" "{\"merchantId\":\"$merchant\",\"reason\":\"smoke\"}" >/dev/null
eventually "the refund is in the ledger" 'payment.refunded' call 200 GET "/payments/$payment/ledger?merchantId=$merchant"
call 409 POST "/payments/refund/$payment" "{\"merchantId\":\"$merchant\",\"reason\":\"again\"}" >/dev/null
echo "ok: a second refund is refused"
if [ -n "${SWELITE_TOKEN:-}" ] || call 200 GET /session | grep -q '"loginRequired":false'; then
  eventually "the books balance" '"balanced":true' call 200 GET /ledger/trial-balance
else
  call 401 GET /ledger/trial-balance >/dev/null
  echo "ok: the trial balance is for operators (not read: no SWELITE_TOKEN)"
fi

if [ -n "${FRONTEND_URL:-}" ]; then
  curl --silent --show-error --fail --max-time 10 --header 'Accept: text/html' "$FRONTEND_URL/" | grep -qi '<html'
  echo "ok: the store answers"
fi
