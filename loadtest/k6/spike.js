// Ten times as much within seconds. Some calls may be told to come back (503 with Retry-After: nothing happened); none may get
// lost, and afterwards everything is as before.

import { closeBooks, openBooks } from './lib/audit.js';
import { limits, trendStats } from './lib/limits.js';
import { authorize, freshKey, someAmount } from './lib/platform.js';
import { merchantNames, settings } from './lib/settings.js';
import { spike } from './lib/shapes.js';
import { summarize } from './lib/summary.js';

export const options = {
  scenarios: { spike: spike(40) },
  thresholds: limits({}, { authorize_duration: ['p(95)<1000'] }),
  summaryTrendStats: trendStats,
};

export const setup = () => openBooks(merchantNames(settings.merchants));

export default function ({ run, merchants }) {
  const merchantId = merchants[Math.floor(Math.random() * merchants.length)];
  authorize({ merchantId, amount: someAmount(), key: freshKey(run) }, [503]);
}

export const teardown = closeBooks;
export const handleSummary = summarize('spike');
