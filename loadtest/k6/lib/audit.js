// After a run: what callers were told was accepted is what the ledger holds, to the unit.
//
// The ledger is read before and after, per merchant: account 2100 (merchant_pending) is credited by captures and debited by
// refunds, and its HOLD layer is credited by authorizations. What nobody knows (no answer, 504) widens the range, by its amount.
// Nobody else may call for these merchants meanwhile.

import http from 'k6/http';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { settings } from './settings.js';

const ACCOUNT = 2100;
const DRAIN_SECONDS = 120;

const ledgerAmount = {
  authorize: new Counter('ledger_authorize_amount'),
  capture: new Counter('ledger_capture_amount'),
  refund: new Counter('ledger_refund_amount'),
};

/** For `setup`: where the books stand, and a name for the run. */
export function openBooks(merchants) {
  return { run: Date.now().toString(36), merchants, before: read(merchants) };
}

/** For `teardown`: what the run has added to the books, once everything is posted. */
export function closeBooks({ merchants, before }) {
  waitUntilPosted();
  const after = read(merchants);
  for (const action of Object.keys(ledgerAmount)) {
    ledgerAmount[action].add(after[action] - before[action]);
  }
}

function read(merchants) {
  const sums = { authorize: 0, capture: 0, refund: 0 };
  for (const merchant of merchants) {
    const path = `/ledger/accounts?code=${ACCOUNT}&perOwner=true&merchantId=${encodeURIComponent(merchant)}`;
    for (const account of get(path).data) {
      sums.authorize += account.hold.credit;
      sums.capture += account.posted.credit;
      sums.refund += account.posted.debit;
    }
  }
  return sums;
}

function waitUntilPosted() {
  for (let waited = 0; waited < DRAIN_SECONDS; waited += 1) {
    if (get('/outbox?limit=1').summary.pending === 0) {
      return;
    }
    sleep(1);
  }
  throw new Error(`events still wait for the ledger after ${DRAIN_SECONDS} s: the books cannot be compared`);
}

function get(path) {
  const response = http.get(settings.baseUrl + path, {
    tags: { name: 'audit' },
    // Where operators must log in, reading the books needs the token of one.
    headers: __ENV.SWELITE_TOKEN ? { Authorization: `Bearer ${__ENV.SWELITE_TOKEN}` } : {},
    responseCallback: http.expectedStatuses(200),
  });
  if (response.status !== 200) {
    throw new Error(`${path} was answered with ${response.status}`);
  }
  return response.json();
}

/** The comparison, from the counters of a finished run. `ok` is undefined where there is nothing to compare. */
export function compare(metrics) {
  const count = (name) => (metrics[name] ? metrics[name].values.count : 0);
  const lines = Object.keys(ledgerAmount).map((action) => {
    const told = count(`accepted_${action}_amount`);
    const unknown = count(`unknown_${action}_amount`);
    const booked = count(`ledger_${action}_amount`);
    return { action, told, unknown, booked, ok: booked >= told && booked <= told + unknown };
  });
  const wasRead = metrics.ledger_authorize_amount !== undefined;
  return { ok: wasRead ? lines.every((line) => line.ok) : undefined, lines };
}
