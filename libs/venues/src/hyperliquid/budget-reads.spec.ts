import { describe, expect, it } from 'vitest';
import { BudgetReads } from './budget-reads';

const MINUTES = 60_000;

function stage() {
  const read: string[] = [];
  const ended: (() => void)[] = [];
  const time = { now: 0 };
  const reads = new BudgetReads(() => time.now);
  reads.start((signer, address) => {
    read.push(`${signer} ${address}`);
    return new Promise((resolve) => void ended.push(resolve));
  });
  reads.name(1, '0xa');
  reads.name(2, '0xb');
  const end = async (): Promise<void> => {
    ended.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { reads, read, end, time };
}

describe('what an account may still ask of the venue', () => {
  it.each<[number | null, number]>([
    [null, 0],
    [10_000, 0],
    [500, 0],
    [499, 1],
    [0, 1],
  ])('with %s requests left it is read %i times', (left, times) => {
    const { reads, read } = stage();
    reads.left(1, left);
    expect(read.length).toBe(times);
  });

  it('is read once in ten minutes, however often it is refused', async () => {
    const { reads, read, end, time } = stage();
    reads.again(1);
    await end();
    time.now = 9 * MINUTES;
    reads.again(1);
    expect(read).toEqual(['1 0xa']);
    time.now = 10 * MINUTES;
    reads.again(1);
    expect(read).toEqual(['1 0xa', '1 0xa']);
  });

  it('is read one account at a time; the other comes at its next request', async () => {
    const { reads, read, end } = stage();
    reads.again(1);
    reads.again(2);
    expect(read).toEqual(['1 0xa']);
    await end();
    reads.again(2);
    expect(read).toEqual(['1 0xa', '2 0xb']);
  });

  it('is not read of a signer that is dropped or was never named', () => {
    const { reads, read } = stage();
    reads.forget(1);
    reads.again(1);
    reads.again(7);
    expect(read).toEqual([]);
  });
});
