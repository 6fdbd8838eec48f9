import { formatMoney, money } from '@lockstep/kernel';
import type { ScenarioLeader } from '@lockstep/simulation';

const PAST_DAYS = 28;
const DAY_MS = 86_400_000;
const CENT = 1_000_000n;

/** What a leader's portfolio tells of the month before: the same money each day, a share of it gained and lost by turns; empty where nothing is known of it. */
export function pastOf({ cash, dailySwingPpm }: Pick<ScenarioLeader, 'cash' | 'dailySwingPpm'>) {
  if (dailySwingPpm === undefined) return [];
  const value = inCents(Object.values(cash).reduce((sum, amount) => sum + amount, 0n));
  const swing = inCents((value * BigInt(dailySwingPpm)) / 1_000_000n);
  return Array.from({ length: PAST_DAYS }, (_, day) => ({
    agoMs: (PAST_DAYS - day) * DAY_MS,
    value: formatMoney(money(value)),
    pnl: formatMoney(money(day % 2 === 0 ? 0n : swing)),
  }));
}

const inCents = (amount: bigint): bigint => amount - (amount % CENT);
