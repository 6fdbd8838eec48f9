import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_KINDS } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { SANDBOX_DIFFERENCES } from './differences';
import { SANDBOX_LIMITS } from './limits';
import { SCENARIO_NAMES, SCENARIOS } from './scenarios';

const PAGE = readFileSync(join(__dirname, '../../../../docs/sandbox.md'), 'utf8');
const DAY_MS = 86_400_000;

/** Rows of the table below a heading, cell by cell. */
function tableOf(heading: string): readonly (readonly string[])[] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/sandbox.md', () => {
  it('lists every difference between the sandbox and live that the code names, and no other', () => {
    expect(tableOf('What differs from live')).toEqual(SANDBOX_DIFFERENCES.map(({ subject, live, sandbox }) => [subject, live, sandbox]));
  });

  it('lists every scenario with what it does', () => {
    expect(tableOf('Scenarios')).toEqual(SCENARIO_NAMES.map((name) => [`\`${name}\``, SCENARIOS[name].does]));
  });

  it('lists every kind of fault', () => {
    expect(tableOf('Faults').map(([kind]) => kind)).toEqual(FAULT_KINDS.map((kind) => `\`${kind}\``));
  });

  it('names the bounds there are', () => {
    const { advanceMaxMs, advancedTotalMaxMs, openTasksMax, creditsMax, taskKeptMs, idleMaxMs, creditMax } = SANDBOX_LIMITS;
    const { faultsMax, endedFaultsMax, faultTimesMax } = SANDBOX_LIMITS;
    for (const text of [
      `at most ${advanceMaxMs / DAY_MS} days at once and ${advancedTotalMaxMs / DAY_MS} days in one epoch`,
      `${openTasksMax} may wait`,
      `up to ${creditsMax} addresses, at most ${creditMax.toLocaleString('en')} each`,
      `kept for ${taskKeptMs / DAY_MS} days`,
      `not used for ${idleMaxMs / DAY_MS} days`,
      `At most ${faultsMax} are in force at a time; the newest ${endedFaultsMax} that ended`,
      `(1 to ${faultTimesMax.toLocaleString('en')})`,
    ])
      expect(PAGE).toContain(text);
  });
});
