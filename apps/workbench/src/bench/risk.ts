import { type Instrument, money, price, RATE_ONE, rate, UNIT } from '@lockstep/kernel';
import { applyFill, CopyBook, evaluateStateLimits, HeldExposure, limitChanges, revalue, STATUS } from '@lockstep/replication';
import { evaluateBreakers } from '@lockstep/risk';
import { defaultCopySettings } from '@lockstep/roster';
import { type Bench, machine, median, option, round } from './report';

const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const MARK_MAX_AGE_MS = 5_000;
const COINS = ['BTC', 'ETH', 'SOL'] as const;
const START_PRICE = 100;
/** The market swings so far around its start, in per mille: no copy meets a limit, so that every row is judged in full at every mark. */
const SWING_PER_MILLE = 20;
const LOTS = 100;

/** Limits on what is held alone: what a mark update costs before anything is done about it. Pure calls on this thread, no process and no database. */
export const riskBench: Bench = {
  about:
    'a mark update over N copies with every loss limit and limits they share: revaluation, breakers and what is held together, and the cost per copy at five times as many (--followers 10000 --runs 60)',
  run: async ({ args, say }) => {
    const followers = option(args, 'followers', 10_000, 100_000);
    const runs = option(args, 'runs', 60, 10_000);
    const [few, many] = [timesOf(followers, runs), timesOf(followers * 5, runs)];
    const perCopy = (times: readonly number[], copies: number): number => (median(times) * 1_000) / copies;
    say(`${followers} copies in ${COINS.length} instruments: ${round(median(few))} ms a mark update`);
    return {
      bench: 'risk',
      params: { followers, instruments: COINS.length, limits: 'from_start, trailing, daily, loss_money, ladder, state limits, limits copies share' },
      runs,
      machine: machine(),
      metrics: {
        ms_p50: round(median(few)),
        ms_min: round(Math.min(...few)),
        us_per_copy: round(perCopy(few, followers)),
        us_per_copy_times_5: round(perCopy(many, followers * 5)),
      },
      reference: {},
      ratios: { per_copy_times_5: round(perCopy(many, followers * 5) / perCopy(few, followers)) },
    };
  },
};

/** How long each mark update of so many copies takes, in ms. */
function timesOf(copies: number, runs: number): readonly number[] {
  const book = bookOf(copies);
  const changes = { rows: new Int32Array(copies), before: new Uint8Array(copies) };
  const passed = limitChanges(copies);
  const together = new HeldExposure();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const now = NOW + run * 1_000;
    const swing = Math.round(SWING_PER_MILLE * Math.sin(run));
    const started = performance.now();
    for (const coin of COINS) book.setMark(coin, price((BigInt(START_PRICE) * UNIT * BigInt(1_000 + swing)) / 1_000n), now);
    revalue(book, now, MARK_MAX_AGE_MS);
    evaluateBreakers(book.copies, book.rowCount, { now, isNewMark: true, nextDay: (_row, at) => at + DAY_MS }, changes);
    evaluateStateLimits(book, { isNewMark: true }, passed);
    together.judge([book]);
    times.push(performance.now() - started);
  }
  return times;
}

/** Copies with every loss limit, each holding every instrument, every second one short. */
function bookOf(copies: number): CopyBook {
  const book = new CopyBook();
  const sheets = COINS.map((coin, index) => book.sheet(instrumentOf(coin, index)));
  const share = (percent: bigint) => rate((RATE_ONE * percent) / 100n);
  const breaker = {
    fromStart: share(90n),
    trailing: share(80n),
    daily: share(70n),
    lossMoney: money(900n * UNIT),
    alertAt: share(90n),
    haltNewAt: share(95n),
    closeAfterMarks: 2,
    protectiveStop: true,
  };
  // Wide, and judged for everybody.
  const shared = {
    followerGross: money(100_000n * UNIT),
    underlyingShare: share(9_000n),
    leaderCapacity: money(40_000_000n * UNIT),
    alertGross: money(90_000n * UNIT),
    alertShare: share(8_000n),
    alertCapacity: money(40_000_000n * UNIT),
  };
  for (let copyNo = 1; copyNo <= copies; copyNo += 1) {
    const row = book.addCopy({
      copyNo,
      scope: 0,
      venueAccount: copyNo,
      follower: copyNo,
      signer: copyNo,
      status: STATUS.active,
      settings: { ...defaultCopySettings(), breaker },
      settingsVersion: 1,
      allocation: money(1_000n * UNIT),
      netPnl: money(0n),
      realEquity: money(1_000n * UNIT),
      nav: null,
      basisEquity: null,
      agentValidUntil: NOW + DAY_MS,
      markup: null,
    });
    book.setExposure(row, shared);
    for (const sheet of sheets)
      applyFill(book, sheet, row, { buy: copyNo % 2 === 0, lots: LOTS, price: START_PRICE * Number(UNIT), fee: 1_000 }, null);
  }
  return book;
}

const instrumentOf = (coin: string, assetId: number): Instrument => ({
  venue: 'hyperliquid',
  dex: '',
  coin,
  assetId,
  szDecimals: 2,
  maxLeverage: 25,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
});
