import { type Price, price } from '@lockstep/kernel';
import { SeededRandom } from '../clock/random';
import type { WorldConfig } from '../exchange/config';
import type { ExchangeAnswer, Json, StreamFrame, World } from '../exchange/port';
import { createWorld } from '../exchange/world';
import { addressOf, GENESIS_MS, wireOrder } from './testbed';

const ACCOUNTS = 12;
const START_PX = 66_344;
const UNIT = 100_000_000n;

/** Everything a world said while random traffic ran through it. */
export interface TrafficLog {
  readonly world: World;
  readonly answers: readonly ExchangeAnswer[];
  readonly frames: readonly StreamFrame[];
}

/**
 * Runs `actions` random but plausible actions of a dozen accounts through a new world, a few a block, with price moves and funding
 * in between. The traffic is a function of the seed alone.
 */
export function runTraffic(seed: number, actions: number, config: Partial<WorldConfig> = {}): TrafficLog {
  const random = new SeededRandom(seed);
  const world = createWorld({ name: 'traffic', seed, genesisTime: GENESIS_MS, ...config });
  const answers: ExchangeAnswer[] = [];
  const frames: StreamFrame[] = [];
  for (let account = 1; account <= ACCOUNTS; account += 1) world.control.credit(addressOf(account), '', String(500 + random.below(50_000)));
  listenAll(world, frames);
  let px = START_PX;
  for (let done = 0; done < actions; done += 1) {
    const nonce = world.now() + done;
    const signer = addressOf(1 + random.below(ACCOUNTS));
    world.submitWith({ signer, nonce, vaultAddress: null, expiresAfter: null, action: randomAction(random, px) }, (answer) => answers.push(answer));
    if (random.below(4) === 0) world.advanceTo(world.now() + 100 * (1 + random.below(3)));
    if (random.below(60) === 0) {
      px = Math.max(20_000, px + random.below(4_001) - 2_000);
      world.control.movePrice('BTC', dollars(px));
    }
    if (random.below(400) === 0) world.control.advanceFunding();
  }
  world.advanceTo(world.now() + 10_000);
  return { world, answers, frames };
}

const dollars = (whole: number): Price => price(BigInt(whole) * UNIT);

function listenAll(world: World, frames: StreamFrame[]): void {
  const sink = (frame: StreamFrame): void => {
    frames.push(frame);
  };
  const users = [1, 2, 3].map(addressOf);
  const perUser = ['userFills', 'orderUpdates', 'userEvents', 'clearinghouseState', 'openOrders', 'userFundings'];
  for (const user of users) for (const type of perUser) world.subscribe({ type, user }, sink);
  for (const type of ['trades', 'bbo', 'l2Book', 'activeAssetCtx']) world.subscribe({ type, coin: 'BTC' }, sink);
  world.subscribe({ type: 'allMids' }, sink);
}

function randomAction(random: SeededRandom, px: number): Json {
  const kind = random.below(10);
  if (kind === 0) return { type: 'updateLeverage', asset: 0, isCross: random.below(4) > 0, leverage: 1 + random.below(40) };
  if (kind === 1) return { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: cloidOf(random.below(300)) }] };
  if (kind === 2) return { type: 'noop' };
  const tif = random.pick(['Alo', 'Ioc', 'Gtc', 'Gtc']);
  const b = random.below(2) === 0;
  const away = random.below(400) - 200;
  const s = (random.below(20_000) / 100_000).toString();
  const c = random.below(2) === 0 ? { c: cloidOf(random.below(300)) } : {};
  return { type: 'order', orders: [wireOrder({ b, p: String(px + away), s, tif, r: random.below(5) === 0, ...c })], grouping: 'na' };
}

const cloidOf = (number: number): string => `0x${number.toString(16).padStart(32, '0')}`;
