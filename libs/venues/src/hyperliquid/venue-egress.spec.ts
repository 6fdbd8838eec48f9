import { describe, expect, it } from 'vitest';
import { type HyperliquidSettings, hyperliquidConfig, type VenueLogEntry } from './config';
import { VenueEgress } from './venue-egress';

/** Ways out of a venue on a clock to turn; `settings` as of the adapter. */
function egressOf(settings: Partial<HyperliquidSettings> = {}) {
  const time = { ms: 1_000_000 };
  const logged: VenueLogEntry[] = [];
  const limits = { rateLimits: { postsSpendWeight: true, outsideWeight: 0 } };
  const config = hyperliquidConfig({ url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1', network: 'mainnet', workers: 2, ...limits, ...settings });
  const clock = { now: () => 1_700_000_000_000 + time.ms, monotonic: () => time.ms };
  return { egress: new VenueEgress(config, clock, (entry) => logged.push(entry)), time, logged };
}

/** So many reads of a type: how many are let at once, and those that wait. */
async function readsAtOnce(egress: VenueEgress, type: string, wanted: number) {
  const granted = new Set<Promise<number | null>>();
  const reads = Array.from({ length: wanted }, () => egress.read(type));
  for (const read of reads) void read.then(() => granted.add(read));
  await new Promise((resolve) => setImmediate(resolve));
  return { let: granted.size, waiting: reads.filter((read) => !granted.has(read)) };
}

describe('the ways out of a venue', () => {
  it('reads leave as far as what they may use goes, the rest waits; urgent ones go before those that can wait', async () => {
    const { egress, time } = egressOf();
    // 480 of weight a minute while nothing waits, 20 each.
    const first = await readsAtOnce(egress, 'userFillsByTime', 26);
    expect([first.let, first.waiting.length]).toEqual([24, 2]);
    const order: string[] = [];
    const patient = first.waiting.map((read) => read.then(() => order.push('fills')));
    const urgent = egress.read('orderStatus').then(() => order.push('order status'));
    time.ms += 63_000;
    egress.pump();
    await Promise.all([...patient, urgent]);
    expect(order).toEqual(['order status', 'fills', 'fills']);
    egress.close();
  });

  it('fills of a leader, of whom a trade waits to be told, go before those of accounts that are compared', async () => {
    const { egress, time } = egressOf();
    const first = await readsAtOnce(egress, 'userFillsByTime', 26);
    const order: string[] = [];
    const patient = first.waiting.map((read) => read.then(() => order.push('an account')));
    const urgent = egress.read('userFillsByTime', true).then(() => order.push('a leader'));
    time.ms += 63_000;
    egress.pump();
    await Promise.all([...patient, urgent]);
    expect(order).toEqual(['a leader', 'an account', 'an account']);
    egress.close();
  });

  it('a read that waited too long, or is too many, is told so; so is everything that waits when the venue is closed', async () => {
    const { egress, time } = egressOf({ readsWaitingMax: 2, readWaitMaxMs: 10_000 });
    const { waiting } = await readsAtOnce(egress, 'userFillsByTime', 26);
    expect(await egress.read('userFillsByTime')).toBeNull();
    time.ms += 10_000;
    egress.pump();
    expect(await Promise.all(waiting)).toEqual([null, null]);
    const last = egress.read('userFillsByTime');
    egress.refused(0);
    const action = egress.act(0, 1, false);
    egress.close();
    expect([await last, await action, await egress.read('meta'), await egress.act(0, 1, false)]).toEqual([null, false, null, false]);
  });

  it('an address the venue complained about rests and is logged once; another one goes on', async () => {
    const addresses = ['203.0.113.1', '203.0.113.2'].map((address) => ({ kind: 'claimed' as const, label: address, address }));
    const { egress, logged } = egressOf({ egress: addresses });
    egress.refused(0);
    egress.refused(0);
    expect(logged.map(({ event, fields }) => [event, fields.egress])).toEqual([['venue_egress_paused', 1]]);
    expect(await egress.read('meta')).toBe(1);
    expect(egress.standing().addresses.map(({ refusals, pausedMs }) => [refusals, pausedMs])).toEqual([
      [2, 5_000],
      [0, 0],
    ]);
    egress.close();
  });

  it('signers are spread evenly over addresses, each always at the same one', () => {
    const addresses = [1, 2, 3].map((no) => ({ kind: 'claimed' as const, label: String(no), address: `203.0.113.${no}` }));
    const { egress } = egressOf({ egress: addresses });
    const ips = Array.from({ length: 600 }, (_, signer) => egress.ipOf(signer));
    expect([0, 1, 2].map((ip) => ips.filter((each) => each === ip).length)).toEqual([200, 200, 200]);
    egress.close();
  });

  it('what is announced stands in line for those who ask after it', () => {
    const { egress } = egressOf();
    const orders = (count: number) => ({ count, signer: new Int32Array(count), exit: new Uint8Array(count) });
    const alone = egress.forecast(orders(500)).endsAt;
    const done = egress.announce(orders(900));
    expect(egress.forecast(orders(500)).endsAt).toBeGreaterThan(alone + 60_000);
    done();
    expect(egress.forecast(orders(500)).endsAt).toBe(alone);
    egress.close();
  });

  it('pings and subscriptions are counted, and what is left of them is told', () => {
    const { egress } = egressOf();
    expect(egress.upkeep(0, 0)).toBe(1_900);
    expect(egress.upkeep(0, 150)).toBe(1_750);
    egress.close();
  });

  it('without limits everything leaves, and reads take turns over the addresses', async () => {
    const addresses = ['203.0.113.1', '203.0.113.2'].map((address) => ({ kind: 'claimed' as const, label: address, address }));
    const { egress } = egressOf({ egress: addresses, rateLimits: null });
    expect(new Set([await egress.read('meta'), await egress.read('meta')])).toEqual(new Set([0, 1]));
    expect([await egress.act(0, 1, false), egress.upkeep(0, 5)]).toEqual([true, Number.POSITIVE_INFINITY]);
    egress.close();
  });
});
