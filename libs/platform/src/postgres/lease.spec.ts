import { describe, expect, it } from 'vitest';
import { Lease } from './lease';

const LEASE_MS = 7_000;
const yes = () => Promise.resolve(true);

function stage() {
  const at = { monotonic: 50_000, wall: 1_700_000_000_000 };
  const lease = new Lease({ monotonic: () => at.monotonic, now: () => at.wall }, LEASE_MS);
  const pass = (monotonic: number, wall = monotonic): void => {
    at.monotonic += monotonic;
    at.wall += wall;
  };
  return { lease, pass };
}

describe('a lease', () => {
  it('does not run before it was confirmed, nor after a no', async () => {
    const { lease } = stage();
    expect(lease.runs()).toBe(false);
    expect(await lease.confirmedBy(() => Promise.resolve(false))).toBe(false);
    expect(lease.runs()).toBe(false);
  });

  it('runs for its time and no longer', async () => {
    const { lease, pass } = stage();
    await lease.confirmedBy(yes);
    pass(LEASE_MS - 1);
    expect(lease.runs()).toBe(true);
    pass(1);
    expect(lease.runs()).toBe(false);
    await lease.confirmedBy(yes);
    expect(lease.runs()).toBe(true);
  });

  it('counts from the question, not from its answer', async () => {
    const { lease, pass } = stage();
    await lease.confirmedBy(async () => {
      pass(4_000);
      return true;
    });
    pass(2_999);
    expect(lease.runs()).toBe(true);
    pass(1);
    expect(lease.runs()).toBe(false);
  });

  it('keeps what it had where a question fails', async () => {
    const { lease, pass } = stage();
    await lease.confirmedBy(yes);
    pass(2_000);
    await expect(lease.confirmedBy(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(lease.runs()).toBe(true);
    pass(5_000);
    expect(lease.runs()).toBe(false);
  });

  it.each([
    ['slept, which the monotonic clock does not see', 10, 60_000],
    ['had its wall clock put back', LEASE_MS, -3_600_000],
  ])('is over where the machine %s', async (_what, monotonic, wall) => {
    const { lease, pass } = stage();
    await lease.confirmedBy(yes);
    pass(monotonic, wall);
    expect(lease.runs()).toBe(false);
  });
});
