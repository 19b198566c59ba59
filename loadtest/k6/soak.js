// An hour at the same rate. What grows that should not: latency, memory, the backlog? The dashboards beside it say so.

import { closeBooks, openBooks } from './lib/audit.js';
import { limits, trendStats } from './lib/limits.js';
import { authorize, capture, freshKey, paymentOf, someAmount } from './lib/platform.js';
import { merchantNames, settings } from './lib/settings.js';
import { steady } from './lib/shapes.js';
import { summarize } from './lib/summary.js';

export const options = {
  scenarios: { soak: steady(50, 3600) },
  thresholds: limits({ capture: true }),
  summaryTrendStats: trendStats,
};

export const setup = () => openBooks(merchantNames(settings.merchants));

export default function ({ run, merchants }) {
  const merchantId = merchants[Math.floor(Math.random() * merchants.length)];
  const amount = someAmount();
  const payment = paymentOf(authorize({ merchantId, amount, key: freshKey(run) }));
  if (payment) {
    capture(payment, { merchantId, amount, key: freshKey(run, 'c') });
  }
}

export const teardown = closeBooks;
export const handleSummary = summarize('soak');
