// A day in miniature: many merchants, few of them large; most payments captured, some left open, voided, refunded or declined.

import { closeBooks, openBooks } from './lib/audit.js';
import { limits, trendStats } from './lib/limits.js';
import { authorize, capture, freshKey, paymentOf, refund, someAmount, voidPayment } from './lib/platform.js';
import { merchantNames, settings } from './lib/settings.js';
import { originRamp } from './lib/shapes.js';
import { summarize } from './lib/summary.js';

export const options = {
  scenarios: { day: originRamp() },
  thresholds: limits({ capture: true, refund: true }),
  summaryTrendStats: trendStats,
};

export const setup = () => openBooks(merchantNames(settings.merchants));

export default function ({ run, merchants }) {
  const merchantId = pick(merchants);
  const amount = someAmount();
  if (Math.random() < 0.05) {
    authorize({ merchantId, amount, key: freshKey(run), paymentMethod: { type: 'card', token: 'tok_decline' } }, [402]);
    return;
  }
  const payment = paymentOf(authorize({ merchantId, amount, key: freshKey(run) }));
  const fate = Math.random();
  if (!payment || fate < 0.15) {
    return;
  }
  if (fate < 0.2) {
    voidPayment(payment, { merchantId, amount, key: freshKey(run, 'v') });
    return;
  }
  const captured = capture(payment, { merchantId, amount, key: freshKey(run, 'c') });
  if (fate < 0.3 && captured.status === 200) {
    refund(payment, { merchantId, amount, key: freshKey(run, 'r') });
  }
}

/** The square makes the first merchants large: half of all calls go to a quarter of them. */
function pick(merchants) {
  return merchants[Math.floor(Math.random() ** 2 * merchants.length)];
}

export const teardown = closeBooks;
export const handleSummary = summarize('mixed');
