import { formatUnits, formatUsd } from '../decimals';
import { asText, asWhole } from '../json';
import { ownValue } from '../margin';
import { COIN_CAP_SIZE, DEX_CAP_USD } from '../open-interest';
import type { Dex, VenueAccount } from '../state';
import { coinCapsJson, tableJson } from './meta';
import { dexOf, type InfoAnswerer } from './request';

/** What may be moved into or out of a builder dex at most, dollars; recorded. */
const TRANSFER_MOST = '150000000.0';

/** The main dex has none: null. */
export const perpDexLimits: InfoAnswerer = (ex, request) => {
  if (asText(request.dex) === null) return undefined;
  const dex = dexOf(ex, request);
  if (dex === undefined) return undefined;
  if (dex.index === 0) return null;
  return {
    totalOiCap: formatUsd(DEX_CAP_USD),
    oiSzCapPerPerp: formatUnits(COIN_CAP_SIZE, 0),
    maxTransferNtl: TRANSFER_MOST,
    coinToOiCap: coinCapsJson(dex),
  };
};

/** What the clearinghouses of a dex are worth, the makers' aside: what came in less what went out is not counted by dex. */
export const perpDexStatus: InfoAnswerer = (ex, request) => {
  const dex = dexOf(ex, request);
  if (dex === undefined) return undefined;
  let deposited = 0;
  for (const account of ex.accounts.values()) if (!account.isHouse) deposited += valueOn(account, dex);
  return { totalNetDeposit: formatUsd(deposited) };
};

const valueOn = (account: VenueAccount, dex: Dex): number => {
  const clearing = account.clearings.get(dex);
  return clearing === undefined ? 0 : ownValue(clearing);
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

/** An auction of the right to run a dex lasts 31 hours, one follows the other. */
const AUCTION_SECONDS = 111_600;
/** HYPE. */
const AUCTION_START_GAS = 1_000;

/** The auction of the next dex. Nobody bids here; that the price falls in a straight line is assumed. */
export const perpDeployAuctionStatus: InfoAnswerer = ({ time }) => {
  const seconds = Math.floor(time / 1_000);
  const gone = seconds % AUCTION_SECONDS;
  const gas = Math.round((AUCTION_START_GAS * 1e8 * (AUCTION_SECONDS - gone)) / AUCTION_SECONDS);
  return {
    startTimeSeconds: seconds - gone,
    durationSeconds: AUCTION_SECONDS,
    startGas: formatUnits(AUCTION_START_GAS, 0),
    currentGas: formatUnits(gas, 8),
    endGas: null,
  };
};
