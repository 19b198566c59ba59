// Callers that repeat themselves: every authorization is sent three times under its key, two of them at once, and once more
// with another amount. One effect, one answer; the changed one is refused.

import http from 'k6/http';
import { check } from 'k6';
import { Rate } from 'k6/metrics';
import { closeBooks, openBooks } from './lib/audit.js';
import { limits, trendStats } from './lib/limits.js';
import { authorize, freshKey, paymentOf, someAmount } from './lib/platform.js';
import { merchantNames, settings } from './lib/settings.js';
import { steady } from './lib/shapes.js';
import { summarize } from './lib/summary.js';

const sameAnswer = new Rate('same_answer');

export const options = {
  scenarios: { repeats: steady(50, 120) },
  thresholds: limits({}, { same_answer: ['rate==1'], checks: ['rate==1'] }),
  summaryTrendStats: trendStats,
};

export const setup = () => openBooks(merchantNames(1));

export default function ({ run }) {
  const request = { merchantId: settings.merchantId, amount: someAmount(), key: freshKey(run) };
  const first = authorize(request);
  if (!paymentOf(first)) {
    return;
  }
  for (const again of atOnce(request, 2)) {
    const isReplay = again.headers['Idempotent-Replayed'] === 'true' && again.body === first.body;
    sameAnswer.add(isReplay);
  }
  const other = authorize({ ...request, amount: request.amount + 1 }, [422]);
  check(other, { 'the key with another amount is refused': (answer) => answer.status === 422 });
}

function atOnce({ merchantId, amount, key }, count) {
  const body = JSON.stringify({ merchantId, amount, currency: 'KRW', idempotencyKey: key });
  const call = ['POST', `${settings.baseUrl}/payments/authorize`, body];
  const parameters = { headers: { 'Content-Type': 'application/json' }, tags: { name: 'replay' } };
  return http.batch(Array.from({ length: count }, () => [...call, parameters]));
}

export const teardown = closeBooks;
export const handleSummary = summarize('replay');
