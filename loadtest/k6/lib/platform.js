// The calls of the payment API, each counted for the audit: what was accepted, what was not, and what nobody knows.

import http from 'k6/http';
import { check } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
import exec from 'k6/execution';
import { settings } from './settings.js';

export const actions = ['authorize', 'capture', 'void', 'refund'];
export const errors = new Rate('errors');

const perAction = (make) => Object.fromEntries(actions.map((action) => [action, make(action)]));
const duration = perAction((action) => new Trend(`${action}_duration`, true));
const accepted = perAction((action) => new Counter(`accepted_${action}`));
const acceptedAmount = perAction((action) => new Counter(`accepted_${action}_amount`));
// No answer, or "outcome unknown": it may have happened, or not.
const unknownAmount = perAction((action) => new Counter(`unknown_${action}_amount`));
const replayed = new Counter('replayed');

// A conflict is an answer as it should be: the origin counts it as success.
http.setResponseCallback(http.expectedStatuses(200, 409));

/** Different for every iteration of every run. */
export function freshKey(run, step = '') {
  return `${run}-${exec.scenario.iterationInTest}${step}`;
}

/** 1,000 to 50,000 won, in steps of 100. */
export function someAmount() {
  return 1000 + 100 * Math.floor(Math.random() * 491);
}

export function authorize({ merchantId, amount, key, ...rest }, allowed) {
  const body = { merchantId, amount, currency: 'KRW', idempotencyKey: key, ...rest };
  return call('authorize', '/payments/authorize', body, amount, allowed);
}

export function capture(payment, { merchantId, amount, key, ...rest }, allowed) {
  const body = { merchantId, amount, idempotencyKey: key, ...rest };
  return call('capture', `/payments/capture/${payment}`, body, amount, allowed);
}

export function voidPayment(payment, { merchantId, amount, key }, allowed) {
  return call('void', `/payments/void/${payment}`, { merchantId, idempotencyKey: key }, amount, allowed);
}

export function refund(payment, { merchantId, amount, key, reason = 'load' }, allowed) {
  return call('refund', `/payments/refund/${payment}`, { merchantId, amount, reason, idempotencyKey: key }, amount, allowed);
}

/** The answer; `allowed` are statuses that this step may get besides 200 and 409. */
function call(action, path, body, amount, allowed = []) {
  const expected = [200, 409, ...allowed];
  const response = http.post(settings.baseUrl + path, JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: path.replace(/\/\d+$/, '/{paymentId}'), action },
    responseCallback: http.expectedStatuses(...expected),
    timeout: '30s',
  });
  duration[action].add(response.timings.duration);
  const isFine = check(response, { [`${action} is answered as expected`]: () => expected.includes(response.status) });
  errors.add(!isFine);
  count(action, response, amount);
  return response;
}

function count(action, response, amount) {
  if (response.headers['Idempotent-Replayed'] === 'true') {
    replayed.add(1);
  } else if (response.status === 200) {
    accepted[action].add(1);
    acceptedAmount[action].add(amount);
  } else if (response.status === 0 || response.status === 504) {
    unknownAmount[action].add(amount);
  }
}

/** The number of the payment that was answered, or nothing. */
export function paymentOf(response) {
  return response.status === 200 ? response.json('paymentId') : undefined;
}
