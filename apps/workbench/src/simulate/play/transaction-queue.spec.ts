import { setTimeout as sleep } from 'node:timers/promises';
import { VirtualTime } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { TransactionQueue } from './transaction-queue';

const BEGIN_MS = 1_000_000;
/** Long against a turn of the event loop. */
const WORK_MS = 20;

describe('transactions of a simulated run', () => {
  it('are made one after another, in the order they were asked for', async () => {
    const queue = new TransactionQueue();
    const said: string[] = [];
    const work = (name: string, ms: number) => async (): Promise<void> => {
      said.push(`${name} begins`);
      await sleep(ms);
      said.push(`${name} ends`);
    };
    await Promise.all([queue.run(work('slow', WORK_MS)), queue.run(work('quick', 0))]);
    expect(said).toEqual(['slow begins', 'slow ends', 'quick begins', 'quick ends']);
  });

  it('go on after one that failed, which tells whoever asked for it', async () => {
    const queue = new TransactionQueue();
    const failing = queue.run(() => Promise.reject(new Error('refused')));
    const next = queue.run(() => Promise.resolve('made'));
    await expect(failing).rejects.toThrow('refused');
    await expect(next).resolves.toBe('made');
    await queue.settled();
  });

  it('hold virtual time until they and those that follow from them have ended', async () => {
    const queue = new TransactionQueue();
    const time = new VirtualTime(BEGIN_MS, () => queue.settled());
    const seen: [string, number][] = [];
    const transaction = (name: string): Promise<void> =>
      queue.run(async () => {
        await sleep(WORK_MS);
        seen.push([name, time.monotonic()]);
      });
    time.after(10, () => void transaction('first').then(() => transaction('follows from it')));
    time.after(11, () => seen.push(['what is due next', time.monotonic()]));
    await time.runUntil(BEGIN_MS + 20);
    expect(seen).toEqual([
      ['first', 10],
      ['follows from it', 10],
      ['what is due next', 11],
    ]);
  });

  it('have ended when something that waits for them is let go on', async () => {
    const queue = new TransactionQueue();
    const time = new VirtualTime(BEGIN_MS, () => queue.settled());
    const work = queue.run(() => sleep(WORK_MS, 'made'));
    await time.runWhile(work, 1);
    expect([await work, time.monotonic()]).toEqual(['made', 0]);
  });
});
