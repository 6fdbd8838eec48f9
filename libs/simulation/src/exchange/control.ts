import { must, ok, type Price, parseDecimal, present, price, unwrap } from '@lockstep/kernel';
import { setAbstraction } from './abstraction';
import { approveAgent } from './agents';
import type { Blocks } from './blocks';
import { bestLevel } from './book';
import { conservationOf } from './conservation';
import { RATE_DECIMALS, tenTo, USD_DECIMALS } from './decimals';
import { accountOf, dexNamed, type Exchange, tokenNamed } from './exchange';
import { builderApprover } from './fees';
import { forceTrade } from './forced';
import { chargeFunding } from './funding';
import { movePrice, placeLadder, setMakers } from './ladder';
import type { AccountSetup, CoinPrices, ForcedOutcome, ForcedTrade, QuoteLevel, WorldControl } from './port';
import { delist, enforceOpenInterestCap, haltTrading, resumeTrading } from './settlement';
import type { Asset, LadderLevel, VenueAccount } from './state';
import { credit, type Purse, perpPurse, spotPurse } from './transfers';
import { marksOf, truthOf } from './truth';
import { fillJson } from './wire';

const UNIT_DECIMALS = 8;
const PPM_PER_TENTH_BP = 10;

/** The control side of a world. Inputs are checked at once (a bad coin or amount is a defect of the caller), effects wait for the block. */
export function createControl(ex: Exchange, blocks: Blocks): WorldControl {
  const soon = (run: () => void): void => blocks.enqueue('control', { run, answer: () => undefined });
  const soonFor = (coin: string, run: (asset: Asset) => void): void => {
    const asset = assetNamed(ex, coin);
    soon(() => run(asset));
  };
  return {
    coins: () => [...ex.assetsByCoin.keys()],
    tokens: () => ex.tokens.map(({ spec }) => spec.name),
    credit: (address, dex, amount, token) => {
      const purse = purseNamed(ex, token === undefined ? dex : `${dex}:${token}`);
      const usd = readUsd(amount);
      soon(() => credit(ex, accountOf(ex, address), purse, usd));
    },
    setup: (accounts) => {
      for (const account of accounts) {
        checkAgent(ex, account);
        checkMaster(ex, account);
        soon(() => setUp(ex, account));
      }
    },
    movePrice: (coin, price) => {
      const asset = assetNamed(ex, coin);
      const px = pxUnits(asset, price);
      soon(() => movePrice(ex, asset, px));
    },
    setOracle: (coin, price) => {
      const asset = assetNamed(ex, coin);
      const px = pxUnits(asset, price);
      soon(() => {
        asset.oraclePx = px;
      });
    },
    forceTrade: (trade) => new Promise((resolve) => queueForced(ex, blocks, trade, resolve)),
    forceTradeWith: (trade, answered) => queueForced(ex, blocks, trade, answered),
    setMakers: (coin, on) => {
      const asset = assetNamed(ex, coin);
      soon(() => setMakers(ex, asset, on));
    },
    quote: (coin, bids, asks) => {
      const asset = assetNamed(ex, coin);
      const ladder = { bids: bids.map((level) => readLevel(asset, level)), asks: asks.map((level) => readLevel(asset, level)) };
      soon(() => {
        asset.makersOn = true;
        asset.ladder = ladder;
        placeLadder(ex, asset);
      });
    },
    setFunding: (coin, hourlyRate) => {
      const asset = assetNamed(ex, coin);
      const rate = hourlyRate === null ? null : Number(unwrap(parseDecimal(hourlyRate, RATE_DECIMALS), 'hourly funding rate'));
      soon(() => {
        asset.fundingOverride = rate;
      });
    },
    advanceFunding: (order = 'in_turn') => {
      const charge = (): void => chargeFunding(ex);
      if (order === 'in_turn') soon(charge);
      else blocks.enqueueFirst({ run: charge, answer: () => undefined });
    },
    haltTrading: (coin) => soonFor(coin, (asset) => haltTrading(ex, asset)),
    resumeTrading: (coin) => soonFor(coin, (asset) => resumeTrading(ex, asset)),
    delist: (coin) => soonFor(coin, (asset) => delist(ex, asset)),
    setOpenInterestCap: (coin, capUsd) => {
      const usd = capUsd === null ? null : readUsd(capUsd);
      soonFor(coin, (asset) => {
        asset.openInterestCapUsd = usd;
        enforceOpenInterestCap(ex, asset);
      });
    },
    postOnlyPeriod: (on) =>
      soon(() => {
        ex.postOnly = on;
      }),
    truth: (address) => truthOf(ex, address),
    addresses: () => [...ex.accounts.values()].filter((account) => !account.isHouse).map((account) => account.address),
    marks: (coin) => {
      const asset = ex.assetsByCoin.get(coin);
      return asset === undefined ? null : marksOf(asset);
    },
    prices: (coin) => pricesOf(assetNamed(ex, coin)),
    onFills: (told) => {
      ex.onFill = told === null ? null : (fill, owner) => told(owner.address, fillJson(ex, fill));
    },
    conservation: () => conservationOf(ex),
  };
}

const SUB_NAME_DIGITS = 12;

/** A sub-account is one from its beginning: an account that stands by itself, or below another master, is a defect of the caller. */
function checkMaster(ex: Exchange, { address, master }: AccountSetup): void {
  if (master === undefined) return;
  const known = ex.accounts.get(address);
  must(master !== address && ex.accounts.get(master)?.master == null, `${master} can be a master`);
  must(known === undefined || known.master?.address === master, `${address} is no account of another kind yet`);
}

function setUpAccount(ex: Exchange, { address, master }: AccountSetup): VenueAccount {
  if (master === undefined || ex.accounts.has(address)) return accountOf(ex, address);
  const owner = accountOf(ex, master);
  const sub = accountOf(ex, address, owner);
  sub.subName = address.slice(-SUB_NAME_DIGITS);
  owner.subAccounts.push(sub);
  return sub;
}

/** An agent that is already this account's may be named again; one of another account may not. */
function checkAgent(ex: Exchange, { address, agent }: AccountSetup): void {
  if (agent === undefined || !ex.usedAgents.has(agent.address)) return;
  must(ex.agents.get(agent.address)?.owner.address === address, `agent ${agent.address} was never used by another account than ${address}`);
}

function setUp(ex: Exchange, setup: AccountSetup): void {
  const { credits, agent, builder, abstraction, volume, past = [] } = setup;
  const account = setUpAccount(ex, setup);
  if (abstraction !== undefined) setAbstraction(ex, account, abstraction);
  if (volume !== undefined) account.volume += readUsd(volume);
  for (const { agoMs, value, pnl } of past)
    account.values.push({ time: ex.time - agoMs, value: readUsd(value), perpValue: readUsd(value), pnl: readUsd(pnl) });
  for (const [purse, amount] of Object.entries(credits)) credit(ex, account, purseNamed(ex, purse), readUsd(amount));
  if (agent !== undefined && ex.agents.get(agent.address)?.owner !== account) {
    account.agentRemovalUntil = 0;
    const refusal = approveAgent(ex, account, agent.address, agent.name);
    must(refusal === null, `agent ${agent.address} of ${account.address}: ${refusal}`);
  }
  if (builder !== undefined) builderApprover(account).builders.set(builder.address, builder.maxTenthsBp * PPM_PER_TENTH_BP);
}

function queueForced(ex: Exchange, blocks: Blocks, trade: ForcedTrade, answered: (outcome: ForcedOutcome) => void): void {
  let outcome: ForcedOutcome = ok({ tradeId: 0, time: 0 });
  blocks.enqueue('control', {
    run: () => {
      outcome = forceTrade(ex, trade);
    },
    answer: () => answered(outcome),
  });
}

const assetNamed = (ex: Exchange, coin: string): Asset => present(ex.assetsByCoin.get(coin), `coin ${coin}`);

function pricesOf(asset: Asset): CoinPrices {
  const unit = BigInt(tenTo(UNIT_DECIMALS - asset.pxDecimals));
  const at = (px: number | undefined): Price | null => (px === undefined ? null : price(BigInt(px) * unit));
  return { mark: price(BigInt(asset.markPx) * unit), bid: at(bestLevel(asset.bids)?.px), ask: at(bestLevel(asset.asks)?.px) };
}

/** `''`, a dex name, `spot` or `spot:TOKEN`. */
function purseNamed(ex: Exchange, name: string): Purse {
  const [place = '', token = 'USDC'] = name.split(':', 2);
  if (place === 'spot') return spotPurse(present(tokenNamed(ex, token), `token ${token}`));
  return perpPurse(present(dexNamed(ex, place), `dex ${place}`));
}

const readUsd = (amount: string): number => Number(unwrap(parseDecimal(amount, USD_DECIMALS), `amount ${amount}`));

/** A kernel price (10^-8) in the asset's price units, to the nearest; at least one unit. */
const pxUnits = (asset: Asset, price: bigint): number => Math.max(1, Math.round(Number(price) / tenTo(UNIT_DECIMALS - asset.pxDecimals)));

function readLevel(asset: Asset, { price, size }: QuoteLevel): LadderLevel {
  const lots = Number(size / BigInt(tenTo(UNIT_DECIMALS - asset.spec.szDecimals)));
  return { px: pxUnits(asset, price), lots: Math.max(1, lots) };
}
