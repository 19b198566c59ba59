// What a run is told from outside, read once. `-e NAME=value` or the environment.

function number(name, fallback) {
  const value = Number(__ENV[name] || fallback);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`${name} must be a number above 0, not ${__ENV[name]}`);
  }
  return value;
}

function flag(name) {
  return ['true', '1', 'on', 'yes'].includes((__ENV[name] || '').toLowerCase());
}

export const settings = {
  baseUrl: (__ENV.BASE_URL || 'http://localhost:8080').replace(/\/$/, ''),
  merchantId: __ENV.MERCHANT_ID || 'M123',
  enableCapture: flag('ENABLE_CAPTURE'),
  enableRefund: flag('ENABLE_REFUND'),
  // A shape as it stands is for a machine of its own; these make it fit smaller ones and short trials.
  rateScale: number('RATE_SCALE', 1),
  timeScale: number('TIME_SCALE', 1),
  // How many merchants the scenarios with several of them use.
  merchants: Math.round(number('MERCHANTS', 50)),
};

/** Merchants of a run; one alone is called exactly as it was asked for. */
export function merchantNames(count) {
  if (count === 1) {
    return [settings.merchantId];
  }
  return Array.from({ length: count }, (_, index) => `${settings.merchantId}-${index + 1}`);
}
