// How load comes over time, apart from what it does. All are open: arrivals do not wait for answers, so a stall cannot hide.

import { settings } from './settings.js';

const rate = (perSecond) => Math.max(1, Math.round(perSecond * settings.rateScale));
const seconds = (count) => `${Math.max(1, Math.round(count * settings.timeScale))}s`;

function ramp(start, stages, users = { preAllocated: 400, max: 800 }) {
  return {
    executor: 'ramping-arrival-rate',
    startRate: rate(start),
    timeUnit: '1s',
    preAllocatedVUs: Math.max(10, Math.round(users.preAllocated * Math.min(1, settings.rateScale))),
    maxVUs: Math.max(20, Math.round(users.max * Math.max(1, settings.rateScale))),
    stages: stages.map(([target, duration]) => ({ target: rate(target), duration: seconds(duration) })),
  };
}

/** The origin's: from 20/s, a minute to 100/s, three to 200/s, a minute there, a minute down. */
export const originRamp = () => ramp(20, [[100, 60], [200, 180], [200, 60], [1, 60]]);

/** The same rate all the time. */
export const steady = (perSecond, duration) => ({
  executor: 'constant-arrival-rate',
  rate: rate(perSecond),
  timeUnit: '1s',
  duration: seconds(duration),
  preAllocatedVUs: Math.max(10, Math.round(perSecond * 2 * Math.min(1, settings.rateScale))),
  maxVUs: Math.max(50, Math.round(perSecond * 4 * Math.max(1, settings.rateScale))),
});

/** Calm, ten times as much within seconds, calm again: does it recover by itself? */
export const spike = (perSecond) =>
  ramp(perSecond, [[perSecond, 30], [perSecond * 10, 5], [perSecond * 10, 30], [perSecond, 5], [perSecond, 50]]);
