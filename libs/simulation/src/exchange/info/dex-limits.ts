import { formatUnits, formatUsd } from '../decimals';
import { asText, asWhole } from '../json';
import type { Json } from '../port';
import type { Dex } from '../state';
import { tableJson } from './meta';
import { dexOf, type InfoAnswerer } from './request';

/** What every builder dex may have and move at most, in dollars and in size (facts §13). */
const TOTAL_OI_CAP = '400000000.0';
const SIZE_CAP = '1000000000.0';
const TRANSFER_MOST = '150000000.0';
/** Cap of a coin nobody set one for. */
const COIN_CAP = '25000000.0';

/** Caps by coin, as `perpDexLimits` and `perpDexs` tell them. */
export const coinCapsJson = ({ assets }: Dex): Json =>
  assets.map(({ coin, openInterestCapUsd }) => [coin, openInterestCapUsd === null ? COIN_CAP : formatUsd(openInterestCapUsd)]);

/** The main dex has none: null. */
export const perpDexLimits: InfoAnswerer = (ex, request) => {
  if (asText(request.dex) === null) return undefined;
  const dex = dexOf(ex, request);
  if (dex === undefined) return undefined;
  if (dex.index === 0) return null;
  return { totalOiCap: TOTAL_OI_CAP, oiSzCapPerPerp: SIZE_CAP, maxTransferNtl: TRANSFER_MOST, coinToOiCap: coinCapsJson(dex) };
};

/** What the clearinghouses of a dex hold, the makers' aside. */
export const perpDexStatus: InfoAnswerer = (ex, request) => {
  const dex = dexOf(ex, request);
  if (dex === undefined) return undefined;
  let deposited = 0;
  for (const account of ex.accounts.values()) if (!account.isHouse) deposited += account.clearings.get(dex)?.cash ?? 0;
  return { totalNetDeposit: formatUsd(deposited) };
};

/** A margin table of a dex by its id; ids below 50 are the single tier of that leverage. */
export const marginTable: InfoAnswerer = (ex, request) => {
  const id = asWhole(request.id);
  const dex = dexOf(ex, request);
  if (id === null || dex === undefined) return undefined;
  const listed = dex.spec.marginTables.find((table) => table.id === id);
  if (listed !== undefined) return tableJson(listed);
  return id > 0 && id < 50 ? { description: '', marginTiers: [{ lowerBound: formatUnits(0, 0), maxLeverage: id }] } : undefined;
};
