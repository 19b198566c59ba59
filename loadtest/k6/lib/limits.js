// When a run has failed. The origin's thresholds, and ours beside them.

const origin = {
  http_req_failed: ['rate<0.05'],
  http_req_duration: ['p(95)<1000'],
  errors: ['rate<0.02'],
  authorize_duration: ['p(95)<500'],
};

/** The origin's, for the steps a scenario takes beyond authorize. */
export function originLimits(steps = {}) {
  return {
    ...origin,
    ...(steps.capture ? { capture_duration: ['p(95)<600'] } : {}),
    ...(steps.refund ? { refund_duration: ['p(95)<700'] } : {}),
  };
}

/** Those and ours. */
export function limits(steps = {}, more = {}) {
  return {
    ...originLimits(steps),
    // A dropped arrival is a call that was due and never made: numbers without it would flatter.
    dropped_iterations: ['rate<0.1'],
    ...more,
  };
}

export const trendStats = ['avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'];
