// One merchant has a sale: four of five calls are his. The others must not feel it.

import { Trend } from 'k6/metrics';
import { closeBooks, openBooks } from './lib/audit.js';
import { limits, trendStats } from './lib/limits.js';
import { authorize, capture, freshKey, paymentOf, someAmount } from './lib/platform.js';
import { merchantNames, settings } from './lib/settings.js';
import { steady } from './lib/shapes.js';
import { summarize } from './lib/summary.js';

const others = new Trend('others_duration', true);

export const options = {
  scenarios: { sale: steady(150, 120) },
  thresholds: limits({ capture: true }, { others_duration: ['p(95)<500'] }),
  summaryTrendStats: trendStats,
};

export const setup = () => openBooks(merchantNames(Math.max(2, settings.merchants)));

export default function ({ run, merchants }) {
  const isHot = Math.random() < 0.8;
  const merchantId = isHot ? merchants[0] : merchants[1 + Math.floor(Math.random() * (merchants.length - 1))];
  const amount = someAmount();
  const answer = authorize({ merchantId, amount, key: freshKey(run) });
  if (!isHot) {
    others.add(answer.timings.duration);
  }
  const payment = paymentOf(answer);
  if (payment) {
    capture(payment, { merchantId, amount, key: freshKey(run, 'c') });
  }
}

export const teardown = closeBooks;
export const handleSummary = summarize('hot-merchant');
