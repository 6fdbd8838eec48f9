import { twapChangeJson, twapFillJson } from '../twap-wire';
import { FILLS_PAGE } from './fills';
import { forUser, inRange, timeRange } from './request';

export const TWAPS_MOST = 2_000;

/** Newest first. */
export const twapHistory = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  const record = account === undefined ? undefined : ex.twapRecords.get(account);
  return (record?.changes ?? []).slice(-TWAPS_MOST).reverse().map(twapChangeJson);
});

/** Newest first. */
export const userTwapSliceFills = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  const record = account === undefined ? undefined : ex.twapRecords.get(account);
  return (record?.fills ?? [])
    .slice(-FILLS_PAGE)
    .reverse()
    .map((fill) => twapFillJson(ex, fill));
});

/** Oldest first, both ends inclusive. */
export const userTwapSliceFillsByTime = forUser((ex, user, request) => {
  const range = timeRange(request, true);
  const account = ex.accounts.get(user);
  if (range === undefined) return undefined;
  const record = account === undefined ? undefined : ex.twapRecords.get(account);
  return (record?.fills ?? [])
    .filter(({ fill }) => inRange(range, fill.time))
    .slice(0, FILLS_PAGE)
    .map((fill) => twapFillJson(ex, fill));
});
