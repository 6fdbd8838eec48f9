import { describe, expect, it } from 'vitest';
import type { LeaderFill } from './observations';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, units } from './testing/history';

/** A leader whose fills 10 s and less ago are told in another turn than they came in. */
class Missed {
  readonly history: History;
  private readonly begun: number;
  private readonly fills: LeaderFill[] = [];

  constructor(settings: Partial<SettingsSeen> = {}, before: (history: History) => void = () => undefined) {
    this.history = new History({ catchUpMs: 20_000, ...settings }).read().wait(1_000);
    before(this.history);
    this.begun = this.history.wait(1_000).mark('100').now;
  }

  /** He trades from one position to another, and nobody is told. */
  trades(from: string, to: string, price: string, orderId = `o${this.fills.length}`): this {
    const change = units(to) - units(from);
    const size = change > 0n ? change : -change;
    const time = this.begun + 100 * this.fills.length;
    const tradeId = `T${this.fills.length}`;
    this.fills.push({ tradeId, coin: COIN, buy: change > 0n, size, price: units(price), startPosition: units(from), orderId, time });
    return this;
  }

  /** The newest fill is told as it comes. */
  hears(): this {
    return this.tells(this.fills.slice(-1), false);
  }

  /** All of them are read with his state, or told as they came. */
  hearsAll(read = true): this {
    this.history.wait(2_000);
    this.tells(this.fills, read);
    if (read) this.history.tell({ kind: 'synced', at: this.history.now, process: this.history.process, address: COPY.leader });
    return this;
  }

  /** The engine decided on moves up to the newest one. */
  decides(): this {
    const time = Math.max(...this.fills.map((fill) => fill.time));
    this.history.tell({ kind: 'move_decided', at: this.history.now, coin: COIN, time, copyIds: [COPY.copyId] });
    return this;
  }

  private tells(fills: readonly LeaderFill[], read: boolean): this {
    const { now: at, process } = this.history.wait(1_000);
    this.history.tell({ kind: 'leader_fills_delivered', at, process, leader: COPY.leader, fills, ...(read ? { read: true } : {}) });
    return this;
  }
}

describe('fills of a leader that were missing, told behind newer ones', () => {
  const opened = (settings: Partial<SettingsSeen> = {}): Missed => new Missed(settings).trades('0', '10', '110').trades('10', '20', '100').hears();

  it.each<[string, (missed: Missed) => void, string, readonly string[]]>([
    ['count at their own prices, as they are read with his state', (missed) => missed.hearsAll(), '105.5', []],
    ['are bound by the highest of them', (missed) => missed.hearsAll(), '110.6', ['price_bound']],
    ['are none, where they come late and nobody read him', (missed) => missed.hearsAll(false), '105.5', ['price_bound']],
    ['are none before they are told', () => undefined, '105.5', ['price_bound']],
  ])('%s', (_what, told, price, found) => {
    const missed = opened();
    told(missed);
    missed.history.order('2', { price: units(price), cause: 'repair' });
    expect(missed.history.found()).toEqual(found);
  });

  it.each<[string, (missed: Missed) => void, string, readonly string[]]>([
    ['of each, where nothing newer was decided on', (missed) => missed.hearsAll(), '1', []],
    ['of each and no more', (missed) => missed.hearsAll(), '1.2', ['beyond_target']],
    ['of the newest alone, where that was decided on before', (missed) => missed.decides().hearsAll(), '1', ['beyond_target']],
    ['of the newest alone, where nobody read him', (missed) => missed.hearsAll(false), '1', ['beyond_target']],
  ])('are orders of which fixed amounts are copied: %s', (_what, told, size, found) => {
    const missed = opened({ mode: { kind: 'fixed_amount', amount: units('52'), maxAdds: null } });
    told(missed);
    missed.history.order(size, { cause: 'repair' });
    expect(missed.history.found()).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['is copied once, at the price of its first fill', '0.58', []],
    ['is not copied twice', '0.6', ['beyond_target']],
  ])('an order that filled before as well %s', (_what, size, found) => {
    const mode = { kind: 'fixed_amount', amount: units('52'), maxAdds: null } as const;
    const missed = new Missed({ mode }).trades('0', '10', '90', 'twap').trades('10', '20', '100', 'twap').hears().hearsAll();
    missed.history.order(size, { price: units('100'), cause: 'repair' });
    expect(missed.history.found()).toEqual(found);
  });

  it.each<[string, (missed: Missed) => void, readonly string[]]>([
    ['opens for it', (missed) => missed.hearsAll(), []],
    ['does not, where the newer one was decided on before', (missed) => missed.decides().hearsAll(), ['entry_without_cause']],
    ['does not, where nobody read him', (missed) => missed.hearsAll(false), ['entry_without_cause']],
  ])('a leader who closed and opened anew behind what a copy was told, which waits for that, %s', (_what, told, found) => {
    const missed = new Missed({}, (history) => {
      history.leader('10').state('breaker_closed').wait(1_000);
      history.tell({ kind: 'move_decided', at: history.now, coin: COIN, time: history.now, copyIds: [COPY.copyId] });
      history.state('active', true).wait(30_000);
    });
    missed.trades('10', '0', '100').trades('0', '10', '100').trades('10', '20', '100').hears();
    told(missed);
    missed.history.order('1', { cause: 'repair' });
    expect(missed.history.found()).toEqual(found);
  });

  it.each<[string, (missed: Missed) => void, readonly string[]]>([
    ['are owed once it ends', (missed) => missed.hearsAll(), []],
    ['are none where nobody read him', (missed) => missed.hearsAll(false), ['beyond_target']],
  ])('that were told while nothing might be entered %s', (_what, told, found) => {
    const thing = { kind: 'copy', copyId: COPY.copyId } as const;
    const missed = new Missed().trades('0', '10', '100').trades('10', '20', '100');
    missed.history.tell({ kind: 'halt', at: missed.history.now, thing, cause: 'pause' });
    told(missed.hears());
    missed.history.wait(500).tell({ kind: 'halt_lifted', at: missed.history.now, thing, cause: 'pause' });
    missed.history.order('2', { cause: 'repair' });
    expect(missed.history.found()).toEqual(found);
  });
});
