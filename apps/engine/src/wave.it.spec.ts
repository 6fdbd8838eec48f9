import { type TenantScope, UNIT, unwrap } from '@lockstep/kernel';
import { systemClock, systemIds, systemRandom, traceOfCommand, traceOfWave } from '@lockstep/platform';
import { collectTraces, type TraceCollector } from '@lockstep/platform/testing/trace-collector';
import { decodeJournal } from '@lockstep/replication';
import { defaultCopySettings } from '@lockstep/roster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CopiedLeader, copiedLeader, PAIR_COIN } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const FOLLOWERS = 2;

/** Keeps the engine from committing anything that tells an event to a tenant, until the returned function is called. */
async function holdEvents(rig: Rig, scope: TenantScope): Promise<() => Promise<void>> {
  let free: () => void = () => undefined;
  const freed = new Promise<void>((resolve) => {
    free = resolve;
  });
  let transaction: Promise<void> = Promise.resolve();
  await new Promise<void>((held) => {
    transaction = rig.storage.scoped(scope, async (unit) => {
      const id = systemIds(systemClock, systemRandom).next('event');
      await unit.events.append([{ id, type: 'copy.flat', version: 1, occurredAt: unit.now, data: '{}' }]);
      held();
      await freed;
    });
  });
  return () => {
    free();
    return transaction;
  };
}

describe('one leader, two brands, two followers, through every room', () => {
  let rig: Rig;
  let pair: CopiedLeader;
  let engine: TestProcess;
  let collector: TraceCollector;

  beforeAll(async () => {
    rig = await startRig();
    // Accounts are read so often that one is read while an answer is awaited.
    collector = await collectTraces();
    engine = await rig.startEngine({ LOCKSTEP_RECONCILE_INTERVAL_MS: '1000', LOCKSTEP_TRACES_URL: collector.url });
    pair = await copiedLeader(rig, FOLLOWERS);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
    collector?.close();
  });

  it.each<[string, 'buy' | 'sell', string, number]>([
    ['an open', 'buy', '2', 0.2],
    ['an add', 'buy', '1', 0.3],
    ['a reduction', 'sell', '2', 0.1],
    ['a flip', 'sell', '3', -0.2],
    ['a close', 'buy', '2', 0],
  ])('%s is followed by everyone', async (_what, side, size, expected) => {
    await pair.trade(side, size);
    await pair.settled(expected);
  });

  it('each of them is timed from the leader’s fill to its frame, by network', async () => {
    const text = await (await fetch(`http://127.0.0.1:${String(engine.ready.port)}/metrics`)).text();
    const [, count = '0'] = /^lockstep_detection_ms_count\{.*venue="hyperliquid",network="sim".*\} (\d+)$/m.exec(text) ?? [];
    expect(Number(count)).toBeGreaterThanOrEqual(5);
  });

  it('each of them is traced from the leader’s fill to the last answer, under the id that its number gives', async () => {
    const moves = engine.lines.filter(({ message, cause }) => message === 'wave' && cause === 'move');
    expect(moves.length).toBeGreaterThanOrEqual(5);
    // On a busy machine a move may be too old by the time it is decided: nothing is sent, and repair follows it.
    const answered = moves.filter(({ lastAnsweredAt }) => Number(lastAnsweredAt) > 0);
    expect(answered).not.toEqual([]);
    for (const { waveId } of answered) {
      const spans = await eventually(`wave ${waveId} is traced`, async () => {
        const found = collector.spans.filter(({ traceId }) => traceId === traceOfWave(String(waveId)).whole.traceId);
        return found.length >= 8 ? found : null;
      });
      const [whole, ...stages] = spans;
      expect([whole?.name, whole?.service, whole?.parentSpanId ?? '']).toEqual(['wave move', 'engine', '']);
      expect(stages.map(({ name }) => name)).toEqual([
        'detect',
        'record move',
        'plan',
        'wait for journal',
        'journal',
        'send orders',
        'await answers',
      ]);
      for (const { parentSpanId, startTimeUnixNano, endTimeUnixNano } of stages) {
        expect(parentSpanId).toBe(whole?.spanId);
        expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
      }
    }
  });

  // Between two waves the books of a tenant may still be busy with the first: what it intends must not outlive the second, or a restart follows it.
  it('an intent that came and went while the books were busy is not what stands in them', async () => {
    const [first] = pair.followers;
    if (first === undefined) throw new Error('no follower');
    const free = await holdEvents(rig, first.tenant.scope);
    await pair.trade('buy', '2');
    await eventually('the entry stands', async () => (Math.abs((await pair.position(first.address)) - 0.2) < 1e-9 ? true : null));
    await pair.trade('sell', '2');
    await eventually('the exit stands', async () => ((await pair.position(first.address)) === 0 ? true : null));
    await free();
    await pair.settled(0);
    const [position] = await rig.storage.scoped(first.tenant.scope, (unit) => unit.positions.ofCopies());
    expect(position).toMatchObject({ coin: PAIR_COIN, position: 0n, target: 0n });
  });

  it('an instrument first traded after the copy began has the copy’s leverage at the venue', async () => {
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    const { venueLeverage } = defaultCopySettings();
    for (const { address } of pair.followers) {
      await eventually('the leverage is set', async () =>
        JSON.stringify(await rig.venue.info({ type: 'clearinghouseState', user: address })).includes(
          `"leverage":{"type":"cross","value":${venueLeverage}`,
        )
          ? true
          : null,
      );
    }
    await pair.trade('sell', '2');
    await pair.settled(0);
  });

  // The book of an instrument is followed within a second of the leader standing in it: until then the mark bounds exits.
  it('an exit is bounded from the best bid at the venue, not from the mark', async () => {
    const [first] = pair.followers;
    if (first === undefined) throw new Error('no follower');
    const newestExit = () =>
      rig.storage.scoped(first.tenant.scope, async (unit) => {
        const { rows } = await unit.orders.page({ limit: 100, after: null, order: 'newest_first' });
        const exit = rows.find((order) => order.side === 'sell');
        const journaled = await unit.journal.ofMoves(0, [exit?.moveId ?? 0n]);
        const row = journaled.map(({ packed }) => unwrap(decodeJournal(new Uint8Array(packed)), 'a journal row'))[0];
        return { mark: row?.mark ?? 0, reference: row?.orders.reference[0] ?? 0 };
      });
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await eventually('an exit stands below the mark', async () => {
      await pair.trade('sell', '1');
      await pair.settled(0.1);
      const { mark, reference } = await newestExit();
      const [, bestBid] = /"px":"([0-9.]+)"/.exec(JSON.stringify(await rig.venue.info({ type: 'l2Book', coin: PAIR_COIN }))) ?? [];
      await pair.trade('buy', '1');
      await pair.settled(0.2);
      return reference < mark && reference === Math.round(Number(bestBid) * 1e8) ? true : null;
    });
    await pair.trade('sell', '2');
    await pair.settled(0);
  });

  it('orders, fills, balanced entries and events stand in each brand, and nothing of the other', async () => {
    for (const { tenant, copyId } of pair.followers) {
      const facts = await rig.storage.scoped(tenant.scope, async (unit) => ({
        orders: (await unit.orders.page({ limit: 100, after: null, order: 'oldest_first' })).rows,
        fills: await unit.fills.count(copyId),
        positions: await unit.positions.ofCopies(),
        broken: await unit.ledger.firstBrokenLink(),
        ledger: await unit.ledger.after(0n, 1_000),
        head: await unit.events.head(),
      }));
      const filled = facts.orders.filter((order) => order.filledSize > 0n);
      expect(new Set(facts.orders.map((order) => order.copyId))).toEqual(new Set([copyId]));
      expect(filled.length).toBeGreaterThanOrEqual(6);
      expect(facts.positions.map((position) => [position.coin, position.position])).toEqual([[PAIR_COIN, 0n]]);
      expect(facts.broken).toBeNull();
      // One entry per fill, one for the allocation; an hour that passes meanwhile adds funding.
      expect(facts.ledger.filter(({ transaction }) => transaction.kind !== 'funding').length).toBe(Number(facts.fills) + 1);
      expect(facts.head?.seq).toBeGreaterThan(12n);
    }
  });

  it('an order whose answer was lost after it landed is found at the venue and never sent twice', async () => {
    await rig.venue.control('/worlds/main/faults', { target: 'exchange', effect: { kind: 'silence' }, when: 'after', count: FOLLOWERS });
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    for (const { tenant, address } of pair.followers) {
      const truth = await rig.venue.truth(address);
      const bought = JSON.stringify(truth);
      expect(bought).toContain(PAIR_COIN);
      expect(await pair.position(address)).toBeCloseTo(0.2, 9);
      const unknown = await rig.storage.scoped(tenant.scope, (unit) => unit.orders.unsettled(10));
      expect(unknown).toEqual([]);
    }
  });

  it('an account that cannot be read takes no new risk and follows exits; once it is read, the increase is caught up', async () => {
    const events = (type: string, words: string) =>
      Promise.all(
        pair.tenants.map((tenant) =>
          rig.storage.scoped(tenant.scope, async (unit) =>
            (await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000)).some(
              (event) => event.type === type && event.data.includes(words),
            ),
          ),
        ),
      );
    await rig.venue.control('/worlds/main/faults', {
      target: 'info',
      type: 'userFillsByTime',
      effect: { kind: 'status', status: 500 },
      when: 'before',
      count: null,
    });
    let leader = 2;
    await eventually('an increase is held back for both', async () => {
      await pair.trade('buy', '1');
      leader += 1;
      return (await events('order.denied', 'stale_truth')).every(Boolean) ? true : null;
    });
    const held = await Promise.all(pair.followers.map((follower) => pair.position(follower.address)));
    expect(Math.max(...held)).toBeLessThan(leader / 10);
    await pair.trade('sell', String(leader - 1));
    for (const [index, { address }] of pair.followers.entries())
      await eventually('the exit is followed', async () => ((await pair.position(address)) < (held[index] ?? 0) ? true : null));
    await rig.venue.endFaults();
    await pair.trade('buy', '1');
    await pair.settled(0.2);
  });

  it.each([
    ['beyond what the account holds is refused and taken back', 20_000n, 'refused', 5_000n],
    ['within it is taken', 6_000n, 'applied', 6_000n],
  ] as const)('a raised allocation %s', async (_what, wanted, status, stands) => {
    const [first] = pair.followers;
    if (first === undefined) throw new Error('no follower');
    const { scope } = first.tenant;
    await rig.storage.scoped(scope, (unit) => unit.copies.update({ id: first.copyId }, { allocation: wanted * UNIT }));
    const no = await first.tenant.command('copy.allocation', first.copyId, { allocation: (wanted * UNIT).toString() });
    const command = await eventually('the command is settled', async () => {
      const found = await rig.storage.scoped(scope, (unit) => unit.commands.findOne({ no }));
      return found === null || found.status === 'pending' ? null : found;
    });
    const copy = await rig.storage.scoped(scope, (unit) => unit.copies.findOne({ id: first.copyId }));
    expect([command.status, copy?.allocation]).toEqual([status, stands * UNIT]);
    if (status === 'refused') expect(command.result).toMatchObject({ reason: 'insufficient_equity' });
  });

  it('a kill switch withholds entries with its reason and lets exits go; switched off, the next increase is followed', async () => {
    const setSwitch = (name: string, active: boolean) =>
      rig.storage.platform((unit) => unit.engines.setFlag(name, active, { tenantId: null, actor: 'test', reason: 'test' }));
    const [first, second] = pair.followers;
    if (first === undefined || second === undefined) throw new Error('two followers are needed');
    await setSwitch(`kill_switch:${first.tenant.id}`, true);
    // The switch is read within a poll; it acts from the first decision that carries its reason.
    const denials = () =>
      rig.storage.scoped(first.tenant.scope, async (unit) =>
        (await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000)).filter(
          (event) => event.type === 'order.denied' && event.data.includes('kill_switch'),
        ),
      );
    let held = 0.2;
    await eventually('an entry is denied by the switch', async () => {
      await pair.trade('buy', '1');
      held += 0.1;
      await eventually('the other brand follows', async () => (Math.abs((await pair.position(second.address)) - held) < 1e-9 ? true : null));
      return (await denials()).length > 0 ? true : null;
    });
    const before = await pair.position(first.address);
    expect(before).toBeLessThan(held);
    // Down to one: below what the copy holds, also where the increase it was denied is still within its catch-up window.
    await pair.trade('sell', String(Math.round(held * 10) - 1));
    await eventually('the exit is followed', async () => ((await pair.position(first.address)) < before ? true : null));
    const changes = () => engine.lines.filter((line) => JSON.stringify(line).includes('stops changed')).length;
    const changesBefore = changes();
    await setSwitch(`kill_switch:${first.tenant.id}`, false);
    await eventually('the engine reads the switch', async () => (changes() > changesBefore ? true : null));
    await pair.trade('sell', '1');
    await pair.settled(0);
    await pair.trade('buy', '2');
    await pair.settled(0.2);
  });

  it('a paused copy takes exits and no entries; a stopped one ends flat', async () => {
    const [first] = pair.followers;
    if (first === undefined) throw new Error('no follower');
    const no = await first.tenant.command('copy.pause', first.copyId);
    const stateOf = () => rig.storage.scoped(first.tenant.scope, (unit) => unit.copies.findOne({ id: first.copyId }));
    await eventually('paused', async () => ((await stateOf())?.state === 'paused' ? true : null));
    const { whole } = traceOfCommand(first.tenant.scope, no.toString());
    const spans = await eventually('the command is traced', async () => {
      const found = collector.spans.filter(({ traceId }) => traceId === whole.traceId);
      return found.length >= 3 ? found : null;
    });
    expect(spans.map(({ name, parentSpanId = '' }) => [name, parentSpanId])).toEqual([
      ['command copy.pause', ''],
      ['wait', whole.spanId],
      ['carry out', whole.spanId],
    ]);
    await pair.trade('buy', '1');
    const [, second] = pair.followers;
    await eventually('the other follows', async () => (Math.abs((await pair.position(second?.address ?? '')) - 0.3) < 1e-9 ? true : null));
    expect(await pair.position(first.address)).toBeCloseTo(0.2, 9);
    await first.tenant.command('copy.stop', first.copyId, { mode: 'close_now' });
    await eventually('stopped and flat', async () => ((await stateOf())?.state === 'stopped' ? true : null));
    expect(await pair.position(first.address)).toBe(0);
  });
});
