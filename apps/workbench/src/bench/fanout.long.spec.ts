import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const FOLLOWERS = 40;
const TENANTS = 3;
/** Eight waves, each settled before the next, on a machine that may be busy with other things. */
const PATIENCE_MS = 900_000;
const MAIN = 'dist/apps/workbench/src/main.js';

/* The figures are not judged here, only that they are there and that every follower ended where its terms lead. Needs the built tree: npm run build. */
describe('bench fanout', () => {
  it(
    'copies a leader to everybody, one commit per tenant, nothing sent before, and prints one JSON object',
    async () => {
      const args = ['bench', 'fanout', '--json', '--followers', String(FOLLOWERS), '--tenants', String(TENANTS), '--runs', '1', '--sdk', '5'];
      const { stdout } = await run(process.execPath, [MAIN, ...args], { maxBuffer: 10_000_000 });
      const lines = stdout.trim().split('\n');
      expect(lines.length).toBe(1);
      const report: unknown = JSON.parse(lines[0] ?? '');
      const figure = expect.any(Number);
      expect(report).toMatchObject({
        bench: 'fanout',
        params: { followers: FOLLOWERS, tenants: TENANTS, fsync: 'on', venue_limits: 'off' },
        runs: 8,
        machine: { loopMs: figure },
        metrics: {
          plan_ms_p50: figure,
          journal_ms_p50: figure,
          journal_commits: TENANTS,
          sent_before_journal: 0,
          wire_ms_p50: figure,
          wire_ms_p99: figure,
          answer_ms_p50: figure,
          answer_ms_last_verify_all: figure,
          answer_ms_last_verify_sample: figure,
          accepted: FOLLOWERS,
          max_target_gap: 0,
        },
        reference: { sdk_us_per_order: figure },
        ratios: { sign_build_vs_sdk: figure, sign_build_vs_sdk_wall: figure },
      });
    },
    PATIENCE_MS,
  );
});
