import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CopiedLeader, copiedLeader, PAIR_COIN } from '../testing/pair';
import type { TestProcess } from '../testing/processes';
import { eventually, type Rig, startRig } from '../testing/rig';

const FOLLOWERS = 2;
/** One seat beside the two that are kept for orders. */
const ONE_SEAT = { LOCKSTEP_SIM_USER_SEATS: '3' };
const OTHER = `0x${'c7'.repeat(20)}`;

let rig: Rig;
let pair: CopiedLeader;
let engine: TestProcess;

/** How the engine says a leader is seen. */
async function sightOf(address: string) {
  return rig.storage.platform(async (unit) => {
    const account = (await unit.inbox.watched()).find((one) => one.address === address);
    return account === undefined ? null : ((await unit.detection.sightsOf([account.no])).get(account.no) ?? null);
  });
}

/** Waits until the leader is seen from a source, with or without a seat. */
const seen = (address: string, source: string, seat: boolean) =>
  eventually(`${address} is seen by ${source}`, async () => {
    const sight = await sightOf(address);
    return sight?.source === source && sight.seat === seat ? sight : null;
  });

/** The leader buys spot tokens: nobody follows that. */
const buysSpot = () =>
  rig.venue.control('/worlds/main/trades', { trades: [{ address: pair.address, coin: '@230', side: 'buy', price: '1.0005', size: '50' }] });

beforeAll(async () => {
  rig = await startRig();
  engine = await rig.startEngine(ONE_SEAT);
  // Watched first, so the only seat is its own until somebody is copied.
  const other = await rig.tenant('east');
  await other.leader(OTHER);
  await seen(OTHER, 'stream', true);
  pair = await copiedLeader(rig, FOLLOWERS);
}, 300_000);
afterAll(() => rig?.close());

describe('leaders with one seat between them', () => {
  it('a leader without a seat is followed by its public trades', { timeout: 120_000 }, async () => {
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await buysSpot();
    await pair.trade('sell', '1');
    await pair.settled(0.1);
  });

  it('the copied leader gets the seat, the other one is swept; nothing is followed twice', { timeout: 120_000 }, async () => {
    await seen(pair.address, 'stream', true);
    await seen(OTHER, 'sweep', false);
    await pair.settled(0.1);
    await buysSpot();
    await pair.trade('buy', '3');
    await pair.settled(0.4);
    const [standing] = await rig.storage.platform((unit) => unit.detection.standings());
    expect(standing?.standing).toMatchObject({ seatsTotal: 3, seatsUsed: 1, seatsReserved: 2, watched: 2, streamed: 1, swept: 1, sweepCovers: true });
  });

  it('what was traded while no engine ran is followed after a start, a fill once', { timeout: 180_000 }, async () => {
    await engine.kill();
    await pair.trade('sell', '2');
    await buysSpot();
    engine = await rig.startEngine(ONE_SEAT);
    await pair.settled(0.2);
    await pair.trade('sell', '2');
    await pair.settled(0);
    const fills = await rig.storage.platform((unit) => unit.query('select tid, provisional, oid from leader_fills'));
    expect(fills.length).toBe(5);
    expect(fills.filter((fill) => fill.provisional !== (fill.oid === ''))).toEqual([]);
    const coins = await rig.storage.platform((unit) => unit.query('select coin from leader_fills union select coin from moves'));
    expect(coins.map(({ coin }) => coin)).toEqual([PAIR_COIN]);
  });
});
