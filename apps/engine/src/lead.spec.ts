import { ok } from '@lockstep/kernel';
import { type EngineStorage, TermOverError } from '@lockstep/storage';
import type { Venue } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { storageInTerm, venueWhileLeading } from './lead';
import { scriptedVenue } from './testing/scripted-venue';

function lead() {
  const state = { holds: true, ended: [] as string[] };
  return { state, lead: { holds: () => state.holds, end: (why: string) => void state.ended.push(why) } };
}

/** A venue that writes down what reaches it. */
function venue(reached: string[]): Venue {
  const any = (name: string) => () => {
    reached.push(name);
    return Promise.resolve(ok(null));
  };
  const names = (all: readonly string[]) => Object.fromEntries(all.map((name) => [name, any(name)]));
  const base = scriptedVenue();
  const orders = { ...base.orders, ...names(['submit', 'cancel', 'updateLeverage', 'noop', 'relay']) };
  const workingOrders = names(['place', 'modify', 'cancelAll', 'scheduleCancel', 'changeIsolatedMargin']);
  return Object.assign(base, { orders, workingOrders, truth: { ...base.truth, ...names(['orderStatus']) } });
}

const ACTIONS: readonly (readonly [string, (venue: Venue) => unknown])[] = [
  ['submit', ({ orders }) => Reflect.apply(orders.submit, orders, [{}, {}])],
  ['cancel', ({ orders }) => Reflect.apply(orders.cancel, orders, [])],
  ['updateLeverage', ({ orders }) => Reflect.apply(orders.updateLeverage, orders, [])],
  ['noop', ({ orders }) => orders.noop(1, 2)],
  ['relay', ({ orders }) => Reflect.apply(orders.relay, orders, [])],
  ...(['place', 'modify', 'cancelAll', 'scheduleCancel', 'changeIsolatedMargin'] as const).map(
    (name) => [name, ({ workingOrders: working }: Venue) => Reflect.apply(Reflect.get(Object(working), name), working, [])] as const,
  ),
];

describe('a venue while the engine leads', () => {
  it.each(ACTIONS)('is sent %s, and nothing once another engine may lead: the process ends', async (name, act) => {
    const reached: string[] = [];
    const { state, lead: given } = lead();
    const led = venueWhileLeading(venue(reached), given);
    await act(led);
    expect([reached, state.ended]).toEqual([[name], []]);
    state.holds = false;
    await expect(act(led)).rejects.toThrow('not confirmed');
    expect([reached, state.ended.length]).toEqual([[name], 1]);
  });

  it('is asked on whoever leads', async () => {
    const reached: string[] = [];
    const { state, lead: given } = lead();
    state.holds = false;
    const led = venueWhileLeading(venue(reached), given);
    await led.truth.orderStatus('0xa', '0xb');
    expect([reached, state.ended, led.capabilities.nonceNoop]).toEqual([['orderStatus'], [], true]);
  });

  it('is sent no further chunk of a wave that was on its way', async () => {
    const { state, lead: given } = lead();
    const base = venue([]);
    let asks: (() => boolean) | undefined;
    Object.assign(base.orders, {
      submit: (_columns: unknown, sink: { readonly keepGoing?: () => boolean }) => {
        asks = sink.keepGoing;
        return Promise.resolve();
      },
    });
    const led = venueWhileLeading(base, given);
    let stopped = false;
    await Reflect.apply(led.orders.submit, led.orders, [{}, { onOutcomes: () => undefined, keepGoing: () => !stopped }]);
    expect(asks?.()).toBe(true);
    stopped = true;
    expect([asks?.(), state.ended.length]).toEqual([false, 0]);
    stopped = false;
    state.holds = false;
    expect([asks?.(), state.ended.length]).toEqual([false, 1]);
  });
});

describe('storage in a term', () => {
  const storage = (options: unknown[], failure: Error | null): EngineStorage => {
    const unit = (given: unknown) => {
      options.push(given);
      return failure === null ? Promise.resolve(5) : Promise.reject(failure);
    };
    return { scoped: (_scope, _work, given) => unit(given), platform: (_work, given) => unit(given) } as EngineStorage;
  };
  const work = () => Promise.resolve(5);
  const SCOPE = {} as Parameters<EngineStorage['scoped']>[0];

  it('names the term in every unit', async () => {
    const options: unknown[] = [];
    const inTerm = storageInTerm(storage(options, null), 7, lead().lead);
    expect([await inTerm.scoped(SCOPE, work, { readOnly: true }), await inTerm.platform(work)]).toEqual([5, 5]);
    expect(options).toEqual([{ readOnly: true, term: 7 }, { term: 7 }]);
  });

  it.each<[string, Error, number]>([
    ['ends the process once its term is over', new TermOverError(), 1],
    ['goes on after any other failure', new Error('the database is down'), 0],
  ])('%s', async (_what, failure, ends) => {
    const { state, lead: given } = lead();
    const inTerm = storageInTerm(storage([], failure), 7, given);
    await expect(inTerm.scoped(SCOPE, work)).rejects.toBe(failure);
    expect(state.ended).toHaveLength(ends);
  });
});
