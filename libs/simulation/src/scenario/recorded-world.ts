import { must } from '@lockstep/kernel';
import type { Candle } from '../makers/candles';
import { ScenarioActs } from './acts';
import type { ScenarioLeader } from './cast';
import { LEADER_STYLES } from './cast';
import { coinNamed } from './coins';
import { CONDITIONS, type Condition, MOODS } from './conditions';
import { ScenarioCopies } from './copies';
import { COVERING_COPIES, coveringTerms } from './covering-terms';
import { addressOf, drawTenants, followersOf } from './draw-cast';
import { draws } from './draws';
import { LeaderBook } from './leader-book';
import { drawStyles, ScenarioLeaders } from './leaders';
import { type CoinPath, ScenarioMarket } from './market';
import { BarPath, gathered, TradedPath } from './paths';
import { recordedMoves } from './recorded-moves';
import type { RecordedTrade, Scenario, SpreadTerms } from './scenario';
import { beginnings, Script } from './scenario-of';
import { ScenarioEngines, ScenarioFaults } from './trouble';

/** Candles of one file. */
export interface CandleSet {
  /** As the file is called: BTC_5m. */
  readonly name: string;
  readonly coin: string;
  readonly candles: readonly Candle[];
}

/** What was recorded of real markets and of a real leader. */
export interface RecordedMarkets {
  readonly sets: readonly CandleSet[];
  readonly trades: readonly RecordedTrade[];
  readonly crashPoints: readonly string[];
}

/** One world: a candle set, a stretch of the leader's fills and a market condition. */
export interface RecordedWorld {
  readonly set: CandleSet;
  readonly condition: Condition;
  readonly trades: readonly RecordedTrade[];
}

/** Bars a candle set is gathered into: as many corners as the leader's stretch takes time for. */
const BARS_MOST = 110;
const PARTS = 2;
/** Leaders beside the recorded one, who trade the coin of the candles. */
const OTHER_LEADERS = 1;
const RECORDED_CASH = 12_000_000_000_000n;
const OTHER_CASH = 20_000_000_000_000n;
const SPREAD: SpreadTerms = { above: 500_000_000_000n, participation: 200_000_000_000n, withinMs: 5_000, jitter: 300_000_000_000n };
const BUILDER_COIN = 'xyz:NVDA';

/** How many worlds there are: each candle set under each condition. */
export const recordedWorlds = ({ sets }: RecordedMarkets): number => sets.length * CONDITIONS.length;

/**
 * The world of a number, from 1: the conditions of the first candle set, then those of the next. The leader's fills are shared out over the candle sets in order,
 * so that each condition meets all of them.
 */
export function recordedWorld(markets: RecordedMarkets, number: number): RecordedWorld {
  const { sets, trades } = markets;
  const nth = Math.floor((number - 1) / CONDITIONS.length);
  const [set, condition] = [sets[nth], CONDITIONS[(number - 1) % CONDITIONS.length]];
  must(set !== undefined && condition !== undefined, 'a recorded world has a number there is');
  const share = (part: number): number => Math.floor((trades.length * part) / sets.length);
  return { set, condition, trades: trades.slice(share(nth), share(nth + 1)) };
}

/** The script of a recorded world; the same number and recordings give the same steps. It holds to `brokenPromises` being empty. */
export function recordedScenarioOf(markets: RecordedMarkets, number: number): Scenario {
  const { set, condition, trades } = recordedWorld(markets, number);
  const drawn = (label: string) => draws(number, `recorded ${label}`);
  const coins = [...new Set([set.coin, ...trades.map(({ coin }) => coin), BUILDER_COIN])].map(coinNamed);
  const byName = new Map(coins.map((coin) => [coin.coin, coin]));
  const moves = recordedMoves(trades, (name) => byName.get(name) ?? coinNamed(name));
  const tenants = drawTenants(drawn('tenants'));
  const leaders = leadersOf(set, trades, number);
  const followers = followersOf(COVERING_COPIES, tenants, coins, drawn('followers'));
  const bars = new BarPath(gathered(set.candles, BARS_MOST));
  const traded = new Map(coins.map(({ coin }) => [coin, new TradedPath()]));
  const paths = new Map<string, CoinPath>([...traded, [set.coin, bars]]);
  const market = new ScenarioMarket(coins, drawn('market'), [], { moods: MOODS[condition], paths });
  const book = new LeaderBook(coins);
  const exact = { moves, at: (coin: string, price: bigint) => traded.get(coin)?.traded(price) };
  const trading = new ScenarioLeaders(leaders, market, book, drawn('trades'), [], exact);
  const copies = new ScenarioCopies(coins, leaders, drawn('copies'), drawn('joining'), coveringTerms);
  const script = new Script(
    market,
    book,
    trading,
    new ScenarioActs(copies, followers, leaders.length, tenants.length, market, drawn('acts')),
    new ScenarioFaults(drawn('faults')),
    new ScenarioEngines(drawn('engines'), markets.crashPoints),
    beginnings(followers, copies, number),
  );
  const isPlayed = (part: number): boolean =>
    trading.replayed >= Math.ceil((moves.length * part) / PARTS) && bars.playedPpm >= Math.floor((1_000_000 * part) / PARTS);
  // In every second world large waves are spread.
  const spread = number % 2 === 0 ? { spread: SPREAD } : {};
  return { seed: number, size: 'standard', ...spread, coins, tenants, leaders, followers, steps: script.write(PARTS, isPlayed) };
}

/** The recorded leader first: the first are copied most. */
function leadersOf(set: CandleSet, trades: readonly RecordedTrade[], number: number): readonly ScenarioLeader[] {
  const styles = drawStyles(
    OTHER_LEADERS,
    draws(number, 'recorded leaders'),
    LEADER_STYLES.filter((style) => style !== 'replayed'),
  );
  const own = [...new Set(trades.map(({ coin }) => coin))];
  return [
    { leader: 0, address: addressOf('a', 0), style: 'replayed', coins: own, cash: { '': RECORDED_CASH } },
    ...styles.map((style, nth) => ({ leader: nth + 1, address: addressOf('a', nth + 1), style, coins: [set.coin], cash: { '': OTHER_CASH } })),
  ];
}
