import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountsPerTurn, type FundingTimes, lastCharge, owesReading } from './funding-due';

const HOUR = 3_600_000;
const times: FundingTimes = { fundingPeriodMs: HOUR, fundingGraceMs: 10_000, fundingSpreadMs: 900_000, fundingAccountsMax: 20 };

describe('when funding is read', () => {
  it.each([
    ['just before the grace is over', 7 * HOUR + 9_999, 6 * HOUR],
    ['once it is over', 7 * HOUR + 10_000, 7 * HOUR],
    ['until the next one', 8 * HOUR + 9_999, 7 * HOUR],
  ])('%s', (_what, now, charged) => {
    expect(lastCharge(now, times)).toBe(charged);
  });

  it.each([
    ['held and not read', { fundingReadTo: 6 * HOUR, fillsReadTo: HOUR, changedInsideAt: 0, holds: true }, true],
    ['held and read', { fundingReadTo: 7 * HOUR, fillsReadTo: HOUR, changedInsideAt: 0, holds: true }, false],
    ['closed since the last reading', { fundingReadTo: 6 * HOUR, fillsReadTo: 6 * HOUR + 1, changedInsideAt: 0, holds: false }, true],
    ['closed in the very moment of it', { fundingReadTo: 6 * HOUR, fillsReadTo: 6 * HOUR, changedInsideAt: 0, holds: false }, true],
    ['handed over since the last reading', { fundingReadTo: 6 * HOUR, fillsReadTo: HOUR, changedInsideAt: 6 * HOUR + 1, holds: false }, true],
    ['handed over before it', { fundingReadTo: 6 * HOUR, fillsReadTo: HOUR, changedInsideAt: 6 * HOUR - 1, holds: false }, false],
    ['flat since before it', { fundingReadTo: 6 * HOUR, fillsReadTo: 6 * HOUR - 1, changedInsideAt: 0, holds: false }, false],
  ])('an account that %s', (_what, account, owed) => {
    expect(owesReading(account, 7 * HOUR)).toBe(owed);
  });

  it('whoever held a position at a charge is read after it, whatever happened in between', () => {
    const moment = fc.integer({ min: 0, max: 20 * HOUR });
    fc.assert(
      fc.property(moment, moment, moment, (opened, closed, readTo) => {
        const charges = Array.from({ length: 21 }, (_, hour) => hour * HOUR).filter((at) => at >= readTo && at > opened && at <= closed);
        for (const at of charges) {
          for (const closing of [
            { fillsReadTo: closed, changedInsideAt: 0 },
            { fillsReadTo: opened, changedInsideAt: closed },
          ])
            expect(owesReading({ fundingReadTo: readTo, ...closing, holds: false }, at + HOUR)).toBe(true);
        }
      }),
    );
  });

  it('is spread: within the time where that is few a turn, never more than allowed, at least one', () => {
    expect([1, 900, 9_000, 1_000_000].map((owed) => accountsPerTurn(owed, 1_000, times))).toEqual([1, 1, 10, 20]);
  });
});
