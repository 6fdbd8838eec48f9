import { type Limiter, localLimiter, silentLogger } from '@lockstep/platform';
import { FAILED_AUTH_POLICY } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { ProblemException } from '../http/problem-exception';
import { FailureLimit } from './failure-limit';
import { SharedCount } from './shared-count';

const clock = { now: () => 1_000, monotonic: () => 1_000 };
const random = { below: () => 0, bytes: (many: number) => new Uint8Array(many) };
const ADDRESS = '192.0.2.1';

/** The limit of one gateway, on a count that it shares. */
function gateway(limiter: Limiter, time = clock): FailureLimit {
  const context = { clock: time, random, limiter, log: silentLogger };
  return new FailureLimit(context, new SharedCount(context));
}

async function useUp(limit: FailureLimit): Promise<void> {
  for (let no = 0; no < FAILED_AUTH_POLICY.quota; no += 1) await limit.charge(ADDRESS);
}

/** What came of a check, and whether its work was begun. */
async function checked(limit: FailureLimit, work: () => Promise<string>): Promise<{ readonly told: string; readonly isBegun: boolean }> {
  let isBegun = false;
  const told = await limit
    .checkBeside(ADDRESS, () => {
      isBegun = true;
      return work();
    })
    .catch((error: unknown) => (error instanceof ProblemException ? error.code : String(error)));
  return { told, isBegun };
}

const good = async (): Promise<string> => 'a key';
const bad = async (): Promise<string> => Promise.reject(new Error('no database'));

describe('an address that fails to sign in', () => {
  it('gets what came of the work while it has tries', async () => {
    const limit = gateway(localLimiter(clock));
    expect(await checked(limit, good)).toEqual({ told: 'a key', isBegun: true });
    expect(await checked(limit, bad)).toEqual({ told: 'Error: no database', isBegun: true });
  });

  it('has nothing done for it where this gateway saw it use its tries up, whatever the shared count says', async () => {
    const away: Limiter = { release: async () => undefined, take: () => Promise.reject(new Error('away')) };
    const limit = gateway(away);
    await useUp(limit);
    expect(await checked(limit, good)).toEqual({ told: 'rate_limited', isBegun: false });
  });

  it.each([
    ['good', good],
    ['bad', bad],
  ])('is refused where another gateway saw it, and told nothing of what came of its %s key', async (_, work) => {
    const shared = localLimiter(clock);
    await useUp(gateway(shared));
    expect((await checked(gateway(shared), work)).told).toBe('rate_limited');
  });

  it('has nothing more done for it where another gateway saw it, until the shared count is asked again', async () => {
    const time = { now: () => at, monotonic: () => at };
    let at = 1_000;
    const shared = localLimiter(time);
    await useUp(gateway(shared, time));
    const other = gateway(shared, time);
    expect(await checked(other, bad)).toEqual({ told: 'rate_limited', isBegun: true });
    for (let no = 0; no < 3; no += 1) expect(await checked(other, bad)).toEqual({ told: 'rate_limited', isBegun: false });
    at += 1_000;
    expect(await checked(other, bad)).toEqual({ told: 'rate_limited', isBegun: true });
    at += FAILED_AUTH_POLICY.windowMs;
    expect(await checked(other, good)).toEqual({ told: 'a key', isBegun: true });
  });
});
