import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@lockstep/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Venue } from '../../port';
import { createHyperliquidVenue } from '../adapter';

/** A signing thread that takes keys, and ends in the middle of the first action. */
const MORTAL = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (message) => {
  if (message.kind === 'load') parentPort.postMessage({ kind: 'done', ticket: message.ticket });
  if (message.kind === 'action') process.exit(3);
  if (message.kind === 'close') parentPort.close();
});
parentPort.postMessage({ kind: 'ready', engine: 'wasm' });
`;

describe('a signing thread that dies', () => {
  let folder: string;
  let venue: Venue;
  const lost: string[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mortal-'));
    const workerFile = join(folder, 'worker.cjs');
    writeFileSync(workerFile, MORTAL);
    lost.length = 0;
    const deps = {
      clock: systemClock,
      random: systemRandom,
      log: () => undefined,
      workerFile,
      onKeysLost: (reason: string) => void lost.push(reason),
    };
    venue = createHyperliquidVenue({ url: 'http://127.0.0.1:9', wsUrl: 'ws://127.0.0.1:9/ws', network: 'mainnet', workers: 1 }, deps);
    await venue.orders.loadSigners([{ handle: 0, agentAddress: `0x${'a1'.repeat(20)}`, privateKey: new Uint8Array(32).fill(1) }]);
  });
  afterEach(async () => {
    await venue.close();
    rmSync(folder, { recursive: true });
  });

  it('leaves what it had in hand unknown, sends nothing more, and its owner is told that its keys are gone', async () => {
    expect((await venue.orders.noop(0, 1)).kind).toBe('unknown');
    expect(lost).toEqual(['exit code 3']);
    expect(await venue.orders.noop(0, 2)).toMatchObject({ kind: 'rejected', code: 'not_sent' });
  });

  it('that is closed is no loss', async () => {
    await venue.close();
    expect(lost).toEqual([]);
  });
});
