import { silentLogger } from '@lockstep/platform';
import { CopyBook, STATUS } from '@lockstep/replication';
import { entryOf, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { TestClocks } from '../test-clocks';
import { haltOverdue, truthContradicted, truthMaxAgeMs, truthRead, truthUnread } from './account-truth';
import type { Network } from './networks';
import type { AccountRecord, CopyRecord } from './registry';

/** One account with one copy among `accounts` in all, and a clock to turn. */
function known({ accounts = 1, comparisonsPerMinute = 0 } = {}) {
  const book = new CopyBook();
  const row = book.addCopy(entryOf(1, settingsOf('1')));
  const egress = { comparisonsPerMinute: () => comparisonsPerMinute };
  const network = { venue: comparisonsPerMinute > 0 ? { egress } : {} } as unknown as Network;
  const account = { no: 1, network, truthReadAt: 0, truthStale: true, truthContradicted: 0 } as AccountRecord;
  const others = Array.from({ length: accounts - 1 }, (_, index) => ({ ...account, no: index + 2 }));
  book.setStatus(row, STATUS.staleTruth, true);
  const time = { now: 1_000_000 };
  const stops = new StopVersion();
  const registry = {
    accountCount: accounts,
    accounts: () => [account, ...others],
    copiesOf: () => [{ row, watched: { book } } as unknown as CopyRecord],
  };
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => time.now },
    limits: ENGINE_LIMITS,
    log: silentLogger,
    registry,
    stops,
  } as unknown as EngineContext;
  return { ctx, network, account, time, stops, takesRisk: () => book.takesRisk(row, ctx.clock.now()) };
}

describe('how well the truth about an account is known', () => {
  it('never read in this process: no new risk, until it is', () => {
    const { ctx, account, takesRisk } = known();
    expect(takesRisk()).toBe(false);
    truthRead(ctx, account, account.truthContradicted);
    expect(takesRisk()).toBe(true);
  });

  it('a failed reading halts new risk at once, in the middle of a wave too; the next good one clears it', () => {
    const { ctx, account, stops, takesRisk } = known();
    truthRead(ctx, account, account.truthContradicted);
    const before = stops.current;
    truthUnread(ctx, account);
    expect([takesRisk(), stops.current]).toEqual([false, before + 1]);
    truthUnread(ctx, account);
    expect(stops.current).toBe(before + 1);
    truthRead(ctx, account, account.truthContradicted);
    expect(takesRisk()).toBe(true);
  });

  it('an exit the venue has nothing for halts new risk at once, until a reading that began later', () => {
    const { ctx, account, stops, takesRisk } = known();
    const [before] = [account.truthContradicted, truthRead(ctx, account, account.truthContradicted)];
    const version = stops.current;
    truthContradicted(ctx, account);
    expect([takesRisk(), stops.current]).toEqual([false, version + 1]);
    expect([truthRead(ctx, account, before), takesRisk()]).toEqual([false, false]);
    expect([truthRead(ctx, account, account.truthContradicted), takesRisk()]).toEqual([true, true]);
  });

  it.each([
    ['few accounts', 2, 0, 120_000],
    ['ten thousand, whose rotation takes minutes', 10_000, 0, 800_000],
    ['a hundred where the venue lets ten be read a minute', 100, 10, 2_400_000],
  ])(
    'an account whose turn is overdue takes no new risk: %s, %i accounts, %i a minute, after %i ms',
    (_what, accounts, comparisonsPerMinute, maxAgeMs) => {
      const { ctx, network, account, time, takesRisk } = known({ accounts, comparisonsPerMinute });
      expect(truthMaxAgeMs(ctx, network, accounts)).toBe(maxAgeMs);
      truthRead(ctx, account, account.truthContradicted);
      time.now += maxAgeMs;
      haltOverdue(ctx);
      expect(takesRisk()).toBe(true);
      time.now += 1;
      haltOverdue(ctx);
      expect(takesRisk()).toBe(false);
      truthRead(ctx, account, account.truthContradicted);
      expect(takesRisk()).toBe(true);
    },
  );
});
