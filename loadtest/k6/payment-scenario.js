// The origin's load: authorizations on a ramp up to 200 a second, with capture and refund where they are switched on.
//
//   k6 run -e BASE_URL=http://localhost:8080 -e MERCHANT_ID=M123 -e ENABLE_CAPTURE=true -e ENABLE_REFUND=true \
//     --summary-export summary.json loadtest/k6/payment-scenario.js
//
// 200 a second are more than one merchant's default limits: raise APP_RATE_LIMIT_*_CAPACITY on the platform.

import { closeBooks, openBooks } from './lib/audit.js';
import { originLimits, trendStats } from './lib/limits.js';
import { authorize, capture, freshKey, paymentOf, refund, someAmount } from './lib/platform.js';
import { merchantNames, settings } from './lib/settings.js';
import { originRamp } from './lib/shapes.js';
import { summarize } from './lib/summary.js';

const steps = { capture: settings.enableCapture, refund: settings.enableCapture && settings.enableRefund };

export const options = {
  scenarios: { payments: originRamp() },
  thresholds: originLimits(steps),
  summaryTrendStats: trendStats,
};

export const setup = () => openBooks(merchantNames(1));

export default function ({ run }) {
  const merchantId = settings.merchantId;
  const amount = someAmount();
  const payment = paymentOf(authorize({ merchantId, amount, key: freshKey(run) }));
  if (!payment || !steps.capture) {
    return;
  }
  const captured = capture(payment, { merchantId, amount, key: freshKey(run, 'c') });
  if (steps.refund && captured.status === 200) {
    refund(payment, { merchantId, amount, key: freshKey(run, 'r') });
  }
}

export const teardown = closeBooks;
export const handleSummary = summarize('payment-scenario');
