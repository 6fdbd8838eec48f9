import { describe, expect, it } from 'vitest';
import { gate, gateEntries } from './gate';
import type { OrderBatch, OrderFacts } from './order-limits';

const one = (value: number): Float64Array => Float64Array.of(value);

const facts = (part: Partial<OrderFacts> = {}): OrderFacts => ({
  now: 10_000,
  mark: 100e8,
  markAt: 10_000,
  markMaxAgeMs: 5_000,
  szDecimals: 0,
  exit: Uint8Array.of(0),
  row: Int32Array.of(0),
  position: one(0),
  pendingBuy: one(10),
  pendingSell: one(0),
  pendingExitBuy: one(0),
  pendingExitSell: one(0),
  remnant: 11e8,
  maxPositionSize: one(-1),
  maxPositionNotional: one(-1),
  maxPositionShare: one(-1),
  maxLeverage: one(-1),
  maxGross: one(-1),
  sharedRoom: null,
  margin: null,
  equity: one(1_000e8),
  leaving: one(0),
  realEquity: one(1_000e8),
  otherExposure: one(0),
  otherMargin: one(0),
  leverage: one(1),
  mayRisk: Uint8Array.of(1),
  ...part,
});
/** Ten bought at 100 on a leverage of 5, at most 10: maintenance is 50, and a tenth of the mark away is 95 above it. */
const margin = (part: Partial<NonNullable<OrderFacts['margin']>> = {}): OrderFacts['margin'] => ({
  floor: one(1e11),
  value: one(400e8),
  otherInitial: one(0),
  otherUsed: one(0),
  otherKept: one(0),
  position: one(0),
  unrealised: one(0),
  leverage: one(5),
  reserve: one(0),
  maxLeverage: 10,
  isolated: false,
  ...part,
});
/** Room under every shared limit for ten lots exactly. */
const room = { concentration: one(1_000e8), follower: one(1_000e8), leader: one(1_000e8) };
const buy10: OrderBatch = { count: 1, buy: Uint8Array.of(1), price: one(100e8), lots: one(10), reduceOnly: Uint8Array.of(0) };

describe('gate', () => {
  it.each([
    [
      'at every limit exactly',
      {
        maxPositionSize: one(10e8),
        maxPositionNotional: one(1_000e8),
        maxPositionShare: one(1e12),
        maxLeverage: one(1e12),
        maxGross: one(1_000e8),
        sharedRoom: room,
      },
      null,
    ],
    ['one unit of size over', { maxPositionSize: one(10e8 - 1) }, 'position_size'],
    ['one unit of money over', { maxPositionNotional: one(1_000e8 - 1) }, 'position_notional'],
    ['share over', { maxPositionShare: one(1e12 - 1_000) }, 'position_share'],
    ['leverage over by another instrument', { maxLeverage: one(1e12), otherExposure: one(1) }, 'leverage'],
    ['share of the smaller, real equity', { maxPositionShare: one(1e12), realEquity: one(1_000e8 - 1), leverage: one(2) }, 'position_share'],
    ['margin within what is left once money that is to leave has', { leaving: one(1) }, 'allocation'],
    ['margin within the smaller, real equity', { realEquity: one(1_000e8 - 1) }, 'allocation'],
    ['leverage on the smaller, real equity', { maxLeverage: one(1e12), realEquity: one(1_000e8 - 1), leverage: one(2) }, 'leverage'],
    ['real equity above the copy’s adds nothing', { realEquity: one(9_000e8), pendingBuy: one(11) }, 'allocation'],
    ['margin of another instrument', { otherMargin: one(1) }, 'allocation'],
    ['working orders count at their worst', { pendingBuy: one(11) }, 'allocation'],
    ['a short beside entries of ten, whose exit may fill before them', { position: one(-1), maxPositionSize: one(10e8) }, null],
    ['a short beside entries of eleven, whose exit may fill before them', { position: one(-1), pendingBuy: one(11) }, 'allocation'],
    ['a short whose exit is among what is in flight', { position: one(-4), pendingBuy: one(14), pendingExitBuy: one(4) }, null],
    ['a short of which a part has its exit in flight', { position: one(-4), pendingBuy: one(13), pendingExitBuy: one(2) }, 'allocation'],
    ['exits in flight beyond the short', { position: one(-4), pendingBuy: one(15), pendingExitBuy: one(5) }, 'allocation'],
    ['a remnant that leaves with the entry', { position: one(-1), pendingBuy: one(11), remnant: 101e8 }, null],
    ['what is just no remnant', { position: one(-1), pendingBuy: one(11), remnant: 100e8 }, 'allocation'],
    ['margin and distance with room', { margin: margin() }, null],
    ['no floor', { margin: margin({ floor: one(-1), value: one(0) }) }, null],
    ['margin beyond what is in the clearinghouse', { margin: margin({ value: one(199e8) }) }, 'margin'],
    ['margin exactly there', { margin: margin({ floor: one(0), value: one(200e8) }) }, null],
    ['margin exactly there and nothing for slippage', { margin: margin({ floor: one(0), value: one(200e8), reserve: one(1e9) }) }, 'margin'],
    ['slippage of what is added alone', { margin: margin({ floor: one(0), value: one(200e8), reserve: one(1e9), position: one(10) }) }, null],
    ['margin of another instrument there', { margin: margin({ otherInitial: one(201e8) }) }, 'margin'],
    ['the distance exactly at its floor', { margin: margin({ floor: one(2e11), value: one(240e8) }) }, null],
    ['the distance below its floor', { margin: margin({ floor: one(2e11), value: one(239e8) }) }, 'margin'],
    ['what another position uses up', { margin: margin({ otherUsed: one(256e8) }) }, 'margin'],
    ['another position that would come too near', { margin: margin({ otherKept: one(351e8) }) }, 'margin'],
    ['an isolated position, whose own margin is not enough', { margin: margin({ isolated: true, floor: one(16e10) }) }, 'margin'],
    ['an isolated position, whose own margin is enough', { margin: margin({ isolated: true, floor: one(15e10) }) }, null],
    ['an isolated position that has lost of its margin', { margin: margin({ isolated: true, position: one(5), unrealised: one(-60e8) }) }, 'margin'],
    ['every instrument of the copy together', { maxGross: one(1_000e8), otherExposure: one(1) }, 'gross'],
    ['what a follower’s other copies leave in an underlying', { sharedRoom: { ...room, concentration: one(1_000e8 - 1) } }, 'concentration'],
    ['what a follower’s other copies leave', { sharedRoom: { ...room, follower: one(1_000e8 - 1) } }, 'gross'],
    ['what a leader’s other copies leave', { sharedRoom: { ...room, leader: one(1_000e8 - 1) } }, 'capacity'],
    ['a shared limit that is passed already', { sharedRoom: { ...room, leader: one(-1) } }, 'capacity'],
    ['stale mark', { markAt: 4_999 }, 'stale_mark'],
    ['a status that takes no risk', { mayRisk: Uint8Array.of(0) }, 'not_allowed'],
    ['the higher of mark and limit price', { mark: 101e8 }, 'allocation'],
    ['an exit of what is not held', { exit: Uint8Array.of(1) }, 'exit_grows'],
    [
      'an exit of a short, whatever the limits',
      { exit: Uint8Array.of(1), position: one(-10), mayRisk: Uint8Array.of(0), markAt: 0, equity: one(0) },
      null,
    ],
    ['an exit larger than the position', { exit: Uint8Array.of(1), position: one(-9) }, 'exit_grows'],
  ] as const)('%s', (_what, part, reason) => {
    expect(gate(buy10, facts(part))).toEqual(reason === null ? { ok: true, value: buy10 } : { ok: false, error: [{ order: 0, reason }] });
  });

  it('takes no remnant with an order that is to stand: it leaves with one that fills at once alone', () => {
    const beside = facts({ position: one(-1), pendingBuy: one(11), remnant: 101e8 });
    expect([gate(buy10, beside).ok, gateEntries(['a'], buy10, beside).ok]).toEqual([true, false]);
  });
});
