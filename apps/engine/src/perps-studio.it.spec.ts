import { egressStandingSchema } from '@lockstep/venues/egress';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CopiedLeader, copiedLeader } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig, type TestTenant } from './testing/rig';

const FOLLOWERS = 2;
const ALL = { limit: 200, after: null, order: 'oldest_first' } as const;
/** What each copy does in the table below: a tenth of the leader, after each of its trades. */
const STORY = [
  ['an open', 'buy', '2', 0.2],
  ['an add', 'buy', '1', 0.3],
  ['a reduction', 'sell', '2', 0.1],
  ['a flip', 'sell', '3', -0.2],
  ['a close', 'buy', '2', 0],
] as const;

describe.each([
  ['leaders and accounts watched through the underlying exchange', 'hyperliquid', '300'],
  ['leaders polled with the key, fills worked out', 'none', '1200'],
])('copies at perps.studio, %s', (_name, watchThrough, perMinute) => {
  let rig: Rig;
  let pair: CopiedLeader;
  let engine: TestProcess;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    rig = await startRig([], 'perps_studio');
    const made = await rig.venue.control('/provider/keys', { requestsPerMinute: Number(perMinute) });
    const { key } = z.object({ key: z.string() }).parse(made);
    env = {
      LOCKSTEP_SIM_PERPS_STUDIO_KEY: key,
      LOCKSTEP_PERPS_STUDIO_WATCH_THROUGH: watchThrough,
      LOCKSTEP_PERPS_STUDIO_PER_MINUTE: perMinute,
      LOCKSTEP_ANSWER_TIMEOUT_MS: '2000',
    };
    engine = await rig.startEngine(env);
    pair = await copiedLeader(rig, FOLLOWERS);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  it.each(STORY)('%s is followed by everyone', async (_what, side, size, expected) => {
    await pair.trade(side, size);
    await pair.settled(expected);
  });

  it('an order that landed without an answer is found, booked to its copy and not sent again', async () => {
    await rig.venue.control('/worlds/main/faults', {
      target: 'exchange',
      effect: { kind: 'silence' },
      when: 'after',
      type: 'order',
      count: FOLLOWERS,
    });
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    for (const { tenant } of pair.followers) {
      const positions = await eventually('the fill is booked', async () => {
        const rows = await rig.storage.scoped(tenant.scope, (unit) => unit.positions.ofCopies());
        return rows.some(({ position }) => position === 20_000_000n) ? rows : null;
      });
      expect(positions).toHaveLength(1);
    }
    await pair.trade('sell', '2');
    await pair.settled(0);
  });

  it('an order that never landed is closed by its nonce and made good inside its window', async () => {
    await rig.venue.control('/worlds/main/faults', { target: 'exchange', effect: { kind: 'silence' }, when: 'before', type: 'order', count: 1 });
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await pair.trade('sell', '2');
    await pair.settled(0);
  });

  it('every fill stands in its copy’s books, none as the follower’s own, and a restart changes nothing', async () => {
    await pair.trade('buy', '1');
    await pair.settled(0.1);
    await engine.kill();
    engine = await rig.startEngine(env);
    await pair.trade('buy', '1');
    await pair.settled(0.2);
    for (const { tenant } of pair.followers) {
      const fills = await rig.storage.scoped(tenant.scope, (unit) => unit.fills.page({ limit: 200, after: null, order: 'oldest_first' }));
      expect(fills.rows.length).toBeGreaterThanOrEqual(9);
      expect(fills.rows.every(({ copyId }) => copyId !== null)).toBe(true);
      expect(fills.rows.every(({ builderFee }) => builderFee === 0n)).toBe(true);
    }
  });

  it('an order that was answered but not booked when the engine died is booked by the next one', async () => {
    const unreadable = { target: 'info', effect: { kind: 'status', status: 502 }, count: null } as const;
    await rig.venue.control('/worlds/main/faults', { ...unreadable, type: 'orderStatus' });
    await rig.venue.control('/worlds/main/faults', { ...unreadable, type: 'userFillsByTime' });
    await pair.trade('sell', '2');
    for (const { tenant, address } of pair.followers) {
      await eventually('the exit is written as filled', async () => {
        const orders = await rig.storage.scoped(tenant.scope, (unit) => unit.orders.page({ limit: 1, after: null, order: 'newest_first' }));
        return orders.rows[0]?.status === 'filled' && orders.rows[0].reduceOnly && (await pair.position(address)) === 0 ? true : null;
      });
    }
    await engine.kill();
    await rig.venue.endFaults();
    engine = await rig.startEngine(env);
    await pair.settled(0);
    for (const { tenant } of pair.followers) {
      const held = await rig.storage.scoped(tenant.scope, (unit) => unit.positions.ofCopies());
      expect(held.map(({ position }) => position)).toEqual([0n]);
    }
  });

  it('never asked more than its key may', async () => {
    const listed = z.array(z.object({ usedInWindow: z.number(), requestsPerMinute: z.number() }));
    const stats = listed.parse(await keysOf(rig));
    expect(stats.every(({ usedInWindow, requestsPerMinute }) => usedInWindow < requestsPerMinute)).toBe(true);
    expect(JSON.stringify(engine.lines)).not.toContain('RATE_LIMITED');
    expect(JSON.stringify(engine.lines)).not.toContain(env.LOCKSTEP_SIM_PERPS_STUDIO_KEY);
  });
});

/* The exchange shows leaders and accounts, so that the key's minute is left to orders; it is far too short for one wave of all followers. */
describe('a wave of more followers than the key’s minute allows', () => {
  const CROWD = 16;
  const PER_MINUTE = 12;
  let rig: Rig;
  let pair: CopiedLeader;
  let engine: TestProcess;

  /** An engine with a key of its own for so many requests a minute. */
  const startWith = async (requestsPerMinute: number): Promise<TestProcess> => {
    const { key } = z.object({ key: z.string() }).parse(await rig.venue.control('/provider/keys', { requestsPerMinute }));
    return await rig.startEngine({
      LOCKSTEP_SIM_PERPS_STUDIO_KEY: key,
      LOCKSTEP_PERPS_STUDIO_WATCH_THROUGH: 'hyperliquid',
      LOCKSTEP_PERPS_STUDIO_PER_MINUTE: String(requestsPerMinute),
    });
  };

  beforeAll(async () => {
    rig = await startRig([], 'perps_studio');
    engine = await startWith(1_000);
    pair = await copiedLeader(rig, CROWD);
    await engine.kill();
    engine = await startWith(PER_MINUTE);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  const ofTenants = async <T>(read: (tenant: TestTenant) => Promise<readonly T[]>): Promise<readonly T[]> =>
    (await Promise.all(pair.tenants.map(read))).flat();
  const orders = () => ofTenants(async ({ scope }) => (await rig.storage.scoped(scope, (unit) => unit.orders.page(ALL), { readOnly: true })).rows);
  const denials = () =>
    ofTenants(({ scope }) =>
      rig.storage.scoped(scope, async (unit) => {
        const head = await unit.events.head();
        const all = head === null ? [] : await unit.events.after({ epoch: head.epoch, seq: 0n }, 10_000);
        return all
          .filter(({ type }) => type === 'order.denied')
          .map(({ data }) => z.object({ copy_id: z.string(), reason: z.string() }).parse(JSON.parse(String(data))));
      }),
    );

  it('sends the entries that leave inside their age, and denies the others as `rate_budget`', async () => {
    await pair.trade('buy', '2');
    const { sent, denied } = await eventually('everyone is decided', async () => {
      const [sent, denied] = await Promise.all([orders(), denials()]);
      return sent.filter(({ status }) => status === 'filled').length + denied.length >= CROWD ? { sent, denied } : null;
    });
    expect(denied.map(({ reason }) => reason)).toEqual(denied.map(() => 'rate_budget'));
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 'filled'));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThanOrEqual(PER_MINUTE);
    expect(new Set([...denied.map(({ copy_id }) => copy_id), ...sent.map(({ copyId }) => copyId)]).size).toBe(CROWD);
  });

  it('sends every exit, in the next minute where this one is spent, before any entry', async () => {
    const entered = (await orders()).length;
    await pair.trade('sell', '3');
    const sent = await eventually(
      'everyone who entered is out',
      async () => {
        const exits = (await orders()).filter(({ reduceOnly }) => reduceOnly);
        return exits.filter(({ status }) => status === 'filled').length >= entered ? await orders() : null;
      },
      150_000,
    );
    const exits = sent.filter(({ reduceOnly }) => reduceOnly);
    expect(exits.map(({ status }) => status)).toEqual(Array.from({ length: entered }, () => 'filled'));
    const lastExit = Math.max(...exits.map(({ m3 }) => m3 ?? 0));
    const behind = sent.filter(({ reduceOnly, side, m3 }) => !reduceOnly && side === 'sell' && m3 !== null && m3 < lastExit);
    expect(behind).toEqual([]);
  }, 200_000);

  it('was never refused for asking too much', async () => {
    expect((await orders()).map(({ rejectCode }) => rejectCode).filter((code) => code !== null)).toEqual([]);
    const told = JSON.stringify(engine.lines);
    for (const word of ['RATE_LIMITED', 'ip_rate_limited']) expect(told).not.toContain(word);
    const standing = await eventually('the key is told of', async () => {
      const row = await rig.storage.platform((unit) => unit.markets.egress('perps_studio', 'sim'), { readOnly: true });
      return row === null ? null : egressStandingSchema.parse(row.standing);
    });
    expect(standing.addresses.map(({ label, refusals }) => [label, refusals])).toEqual([['key', 0]]);
  });
});

async function keysOf(rig: Rig): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${String(rig.venue.process.ready.controlPort)}/provider/keys`);
  return await response.json();
}
