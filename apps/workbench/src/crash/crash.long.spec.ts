import { rmSync } from 'node:fs';
import { unwrap } from '@lockstep/kernel';
import { loadConfig } from '@lockstep/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunFolder } from '../processes/run-folder';
import { type Stack, startStack } from '../processes/stack';
import { enginePoints } from './doomed-engine';
import { DEFAULT_CRASH } from './options';
import { STAGES } from './plan';
import { type CrashReport, runCrash } from './run-crash';

const SEED = 20_251;

describe(`kill -9 and restart lose nothing and double nothing (seed ${SEED})`, () => {
  const dataDir = makeRunFolder('crash-test');
  let stack: Stack;
  let report: CrashReport;

  beforeAll(async () => {
    stack = await startStack({
      config: { ...unwrap(loadConfig('workbench'), 'the configuration'), simSeed: SEED },
      dataDir,
      simArgs: ['--path', 'still', '--block-ms', '50'],
      fixedPorts: false,
      onStep: () => undefined,
    });
    report = await runCrash(stack, { ...DEFAULT_CRASH, seed: SEED, followers: 4, random: 3 }, () => undefined);
  }, 1_800_000);

  afterAll(async () => {
    await stack?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('dies at every point the engine knows, and every point stands in a stage', async () => {
    const known = [...(await enginePoints())].sort();
    expect(Object.values(STAGES).flat().sort()).toEqual(known);
    expect([...new Set(report.deaths.map((death) => death.point))].sort()).toEqual(known);
    expect(report.missed).toEqual([]);
  });

  it('dies while it starts and while it trades, and at random moments', () => {
    expect(report.deaths.map((death) => death.where)).toEqual(expect.arrayContaining(['before ready', 'trading']));
    expect(report.randomKills).toBeGreaterThanOrEqual(3);
  });

  it('by the venue’s own books no order is lost and none is double, and everything written down agrees', () => {
    expect(report.violations).toEqual([]);
    expect(report.last).toMatchObject({ copies: 4, violations: [] });
    expect(report.last.venueOrders).toBeGreaterThan(100);
  });
});
