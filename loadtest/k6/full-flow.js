// Whole lives of payments: most are captured in two parts and partly refunded, every tenth is voided.

import { closeBooks, openBooks } from './lib/audit.js';
import { limits, trendStats } from './lib/limits.js';
import { authorize, capture, freshKey, paymentOf, refund, someAmount, voidPayment } from './lib/platform.js';
import { merchantNames, settings } from './lib/settings.js';
import { steady } from './lib/shapes.js';
import { summarize } from './lib/summary.js';

export const options = {
  scenarios: { lives: steady(50, 180) },
  thresholds: limits({ capture: true, refund: true }, { void_duration: ['p(95)<600'] }),
  summaryTrendStats: trendStats,
};

export const setup = () => openBooks(merchantNames(settings.merchants));

export default function ({ run, merchants }) {
  const merchantId = merchants[Math.floor(Math.random() * merchants.length)];
  const amount = someAmount();
  const payment = paymentOf(authorize({ merchantId, amount, key: freshKey(run) }));
  if (!payment) {
    return;
  }
  if (Math.random() < 0.1) {
    voidPayment(payment, { merchantId, amount, key: freshKey(run, 'v') });
    return;
  }
  const half = Math.floor(amount / 2);
  capture(payment, { merchantId, amount: half, key: freshKey(run, 'c1'), final: false });
  capture(payment, { merchantId, amount: amount - half, key: freshKey(run, 'c2') });
  refund(payment, { merchantId, amount: half, key: freshKey(run, 'r') });
}

export const teardown = closeBooks;
export const handleSummary = summarize('full-flow');
