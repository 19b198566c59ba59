// What is left of a run: a few lines on the terminal and, where SUMMARY says, everything as JSON for the report.
//
// `--summary-export` works beside it.

import { compare } from './audit.js';

export function summarize(scenario) {
  return (data) => {
    const audit = compare(data.metrics);
    const result = { stdout: words(scenario, data, audit) };
    if (__ENV.SUMMARY) {
      result[__ENV.SUMMARY] = JSON.stringify({ scenario, audit, state: data.state, metrics: data.metrics }, null, 1);
    }
    return result;
  };
}

function words(scenario, { metrics, state }, audit) {
  const lines = [`\n${scenario}: ${(state.testRunDurationMs / 1000).toFixed(0)} s`];
  for (const [name, metric] of Object.entries(metrics)) {
    if (metric.type === 'trend' && name.endsWith('_duration') && !name.startsWith('iteration')) {
      const shown = ['avg', 'p(90)', 'p(95)', 'p(99)', 'max'].map((stat) => `${stat} ${metric.values[stat].toFixed(1)}`);
      lines.push(`  ${name.padEnd(20)} ${shown.join('  ')} ms`);
    }
  }
  for (const [name, metric] of Object.entries(metrics)) {
    for (const [expression, { ok }] of Object.entries(metric.thresholds || {})) {
      lines.push(`  ${ok ? 'ok  ' : 'MISS'} ${name} ${expression}`);
    }
  }
  for (const { action, told, unknown, booked, ok } of audit.lines) {
    lines.push(`  ${ok ? 'ok  ' : 'MISS'} audit ${action}: told ${told}, unknown ${unknown}, in the ledger ${booked}`);
  }
  return `${lines.join('\n')}\n\n`;
}
