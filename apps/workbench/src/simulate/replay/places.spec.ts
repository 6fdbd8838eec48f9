import { encodeJournal, repairPlan, STATUS, type WavePlan, wholeSlice } from '@lockstep/replication';
import { at, entryOf, instrumentOf, optionsOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import type { ToldViolation } from '../outcome';
import type { CommittedRow } from '../seed-watch';
import { choose, cloidsOf, keyOf, type Place, placesOf } from './places';

const scope = scopeFromPlatformList('ten_1' as Parameters<typeof scopeFromPlatformList>[0], 'test');
const commit = (plan: WavePlan, committedAt: number): CommittedRow => ({
  at: committedAt,
  step: committedAt / 10,
  process: 'engine-1',
  scope,
  moveId: BigInt(plan.wave),
  shard: 0,
  part: 0,
  bytes: Buffer.from(encodeJournal(plan, wholeSlice(plan), { instance: 1, m0: 0, m1: 0, m2: 0, forecastEnd: 0 })),
});

/** Two copies follow BTC: an open whose entries fail, and its repair; then ETH is opened. */
function history(): readonly Place[] {
  const btc = new Stage(instrumentOf('BTC', 2));
  for (const copyNo of [1, 2]) btc.add(entryOf(copyNo, settingsOf('0.5', { catchUpMs: 60_000 })));
  const open = btc.plan('10');
  for (let order = 0; order < open.orders.count; order += 1) btc.fillOrder(open, order, 0);
  const repair = repairPlan(btc.book, btc.sheet, 50, optionsOf(50, { lastNonce: btc.lastNonce })).plan;
  const eth = new Stage(instrumentOf('ETH', 2));
  eth.add(entryOf(1, settingsOf('0.5'), { status: STATUS.active }));
  return placesOf([commit(open, 100), commit(repair, 200), commit(eth.plan('3'), 300)], (no) => `cpy_${no}`);
}

const violation = (part: Partial<ToldViolation>): ToldViolation => ({
  kind: 'price_bound',
  text: 'told',
  step: 1,
  at: 1_000,
  copyId: 'cpy_1',
  cloid: null,
  ...part,
});
const behind = (part: Partial<ToldViolation>): readonly string[] =>
  choose(history(), [violation(part)], { copyId: null, coin: null }).places.map(keyOf);

describe('decisions behind a violation', () => {
  it('are read in the order of their commits, with the price owed from the entry before', () => {
    const places = history();
    expect(places.map((place) => `${keyOf(place)} ${place.owedPrice}`)).toEqual([
      '1/0/0 BTC cpy_1 0',
      '1/0/0 BTC cpy_2 0',
      '50/0/0 BTC cpy_1 10000000000',
      '50/0/0 BTC cpy_2 10000000000',
      '1/0/0 ETH cpy_1 0',
    ]);
  });

  it('are that of the order it names, and the move that a repair goes back to', () => {
    const [open, , repair] = history();
    const cloidOf = (place: Place | undefined): string => at(place === undefined ? [] : cloidsOf(place), 0);
    expect(behind({ cloid: cloidOf(open) })).toEqual(['1/0/0 BTC cpy_1']);
    expect(behind({ cloid: cloidOf(repair) })).toEqual(['1/0/0 BTC cpy_1', '50/0/0 BTC cpy_1']);
  });

  it.each([
    ['in the coin its sentence names', { text: 'target of 3 ETH is too high' }, ['1/0/0 ETH cpy_1']],
    ['in every coin where it names none', {}, ['1/0/0 BTC cpy_1', '50/0/0 BTC cpy_1', '1/0/0 ETH cpy_1']],
    ['that were committed by then', { at: 150 }, ['1/0/0 BTC cpy_1']],
    ['of its own copy', { copyId: 'cpy_2', text: 'ETH and BTC:' }, ['1/0/0 BTC cpy_2', '50/0/0 BTC cpy_2']],
    ['of no copy where it names none', { copyId: null }, []],
    ['of none where its order was never decided', { cloid: '0x00', copyId: 'cpy_9' }, []],
  ] as const)('are the last ones %s', (_, part, keys) => {
    expect(behind(part)).toEqual(keys);
  });

  it('give way to those of a copy and a coin that were asked for', () => {
    const asked = choose(history(), [violation({}), violation({ copyId: 'cpy_2' })], { copyId: 'cpy_2', coin: 'BTC' });
    expect(asked.places.map(keyOf)).toEqual(['1/0/0 BTC cpy_2', '50/0/0 BTC cpy_2']);
    expect(asked.blamed.map(({ violation: { copyId } }) => copyId)).toEqual(['cpy_2']);
    expect(asked.violationsLeftOut).toBe(1);
  });

  it('are bounded, and what is left out is counted', () => {
    const many = Array.from({ length: 25 }, () => violation({}));
    const { blamed, violationsLeftOut } = choose(history(), many, { copyId: null, coin: null });
    expect([blamed.length, violationsLeftOut]).toEqual([20, 5]);
  });
});
