import { formatUsd } from '../decimals';
import { equityOf, perpEquity } from '../equity';
import type { Exchange } from '../exchange';
import { dayOf } from '../fee-tiers';
import type { Json } from '../port';
import type { ValuePoint, VenueAccount } from '../state';
import { forUser } from './request';

const DAY_MS = 86_400_000;
const PERIODS: readonly (readonly [name: string, days: number])[] = [
  ['day', 1],
  ['week', 7],
  ['month', 30],
  ['allTime', Number.POSITIVE_INFINITY],
];

/** Value and profit of an account at its transfers and now, by period: first of everything, then of its perps alone. */
export const portfolioJson = (ex: Exchange, account: VenueAccount | undefined): Json => [
  ...PERIODS.map(([name, days]): Json => [name, periodJson(ex, account, days, false)]),
  ...PERIODS.map(([name, days]): Json => [`perp${name.charAt(0).toUpperCase()}${name.slice(1)}`, periodJson(ex, account, days, true)]),
];

function periodJson(ex: Exchange, account: VenueAccount | undefined, days: number, perpsOnly: boolean): Json {
  if (account === undefined) return { accountValueHistory: [], pnlHistory: [], vlm: '0.0' };
  const value = equityOf(account);
  const now: ValuePoint = { time: ex.time, value, perpValue: perpEquity(account), pnl: value - account.netDeposits };
  const points = [...account.values.filter(({ time }) => time >= ex.time - days * DAY_MS), now];
  const first = points[0]?.pnl ?? 0;
  const traded = account.tradedDays.filter(({ day }) => day > dayOf(ex.time) - days);
  const volume = Number.isFinite(days) ? traded.reduce((sum, { cross, add }) => sum + cross + add, 0) : account.volume;
  return {
    accountValueHistory: points.map((point) => [point.time, formatUsd(perpsOnly ? point.perpValue : point.value)]),
    pnlHistory: points.map(({ time, pnl }) => [time, formatUsd(pnl - first)]),
    vlm: formatUsd(volume),
  };
}

export const portfolio = forUser((ex, user) => portfolioJson(ex, ex.accounts.get(user)));
