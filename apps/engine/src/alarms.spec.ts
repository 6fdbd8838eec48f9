import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics, METRICS, silentLogger } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import { ALARMS, alarming, countAlarms } from './alarms';

/** Alarms that another process counts. */
const OF_OTHERS = ['ledger_unbalanced'];

const sources = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.endsWith('alarms.ts'))
  .map((name) => readFileSync(join(__dirname, name), 'utf8'))
  .join('\n');

describe('the alarms of the engine', () => {
  it.each(Object.keys(ALARMS))('"%s" is said as an error somewhere', (message) => {
    const said = new RegExp(`\\.(?:error|fatal)\\(\\s*'${message.replaceAll(/[.;]/g, '\\$&')}'`);
    expect(sources).toMatch(said);
  });

  it('are all fed: each kind of the metric has a line that raises it', () => {
    const raised = new Set<string>([...Object.values(ALARMS), ...OF_OTHERS, 'other']);
    expect(METRICS.lockstep_alarms_total.labels.kind.filter((kind) => !raised.has(kind))).toEqual([]);
  });

  it('are counted by kind, what has none as other, and what is no error not at all', async () => {
    const metrics = createMetrics('engine', false);
    const log = alarming(silentLogger, countAlarms(metrics));
    log.error('an exit is stuck', { copyNo: 1 });
    log.child({ lane: 2 }).error('an exit is stuck');
    log.fatal('a wave failed');
    log.error('nobody has named this');
    for (const level of ['trace', 'debug', 'info', 'warn'] as const) log[level]('an exit is stuck');
    const counted = (await metrics.render()).split('\n').filter((line) => line.startsWith('lockstep_alarms_total{'));
    expect(counted.map((line) => line.replace(/^.*kind="(\w+)".*\} /, '$1 ')).sort()).toEqual(['exit_stuck 2', 'other 1', 'wave_failed 1']);
  });
});
