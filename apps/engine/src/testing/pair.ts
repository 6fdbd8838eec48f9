import { type CopyId, RATE_ONE, rate } from '@lockstep/kernel';
import type { Rig, TestTenant } from './rig';
import { eventually } from './rig';

/** One leader listed by two brands, each with followers that copy a tenth of it. */
export interface CopiedLeader {
  readonly address: string;
  readonly followers: readonly { readonly address: string; readonly tenant: TestTenant; readonly copyId: CopyId }[];
  readonly tenants: readonly TestTenant[];
  /** Lets the leader trade at the price of the moment. */
  trade(side: 'buy' | 'sell', size: string): Promise<void>;
  /** Waits until every follower holds `expected` at the venue and every journal row is closed. */
  settled(expected: number): Promise<void>;
  position(address: string): Promise<number>;
}

export const PAIR_COIN = 'ETH';
const address = (word: string): string => `0x${word.repeat(20)}`;

/** Writes leader, brands, followers and copies; an engine must run (or be started) to activate them. Waits until they are active. */
export async function copiedLeader(rig: Rig, followers: number): Promise<CopiedLeader> {
  const leader = address('a1');
  const mids = await rig.venue.info({ type: 'allMids' });
  const price = String(Reflect.get(Object(mids), PAIR_COIN));
  await rig.venue.control('/worlds/main/credit', { address: leader, amount: '100000' });
  const tenants = [await rig.tenant('north'), await rig.tenant('south')];
  const leaders = await Promise.all(tenants.map((tenant) => tenant.leader(leader)));
  const made: { address: string; tenant: TestTenant; copyId: CopyId }[] = [];
  for (let index = 0; index < followers; index += 1) {
    const tenant = tenants[index % 2];
    const leaderId = leaders[index % 2];
    if (tenant === undefined || leaderId === undefined) continue;
    const own = address(`b${index.toString(16)}`);
    const follower = await tenant.follower(own, '10000');
    const settings = { mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) }, maxAgeMs: 10_000, catchUpMs: 120_000 } as const;
    made.push({ address: own, tenant, copyId: await tenant.copy(leaderId, follower, { allocation: 5_000n, settings }) });
  }
  for (const { tenant, copyId } of made) {
    await eventually(`${copyId} is active`, async () => {
      const copy = await rig.storage.scoped(tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
      return copy?.state === 'active' ? copy : null;
    });
  }
  const position = async (of: string): Promise<number> => {
    const text = JSON.stringify(await rig.venue.info({ type: 'clearinghouseState', user: of }));
    const found = new RegExp(`"coin":"${PAIR_COIN}","szi":"(-?[0-9.]+)"|"szi":"(-?[0-9.]+)"[^}]*"coin":"${PAIR_COIN}"`).exec(text);
    return found === null ? 0 : Number(found[1] ?? found[2]);
  };
  return {
    address: leader,
    followers: made,
    tenants,
    position,
    trade: async (side, size) => {
      await rig.venue.control('/worlds/main/trades', { trades: [{ address: leader, coin: PAIR_COIN, side, price, size }] });
    },
    settled: async (expected) => {
      for (const follower of made) {
        await eventually(`${follower.address} holds ${expected}`, async () =>
          Math.abs((await position(follower.address)) - expected) < 1e-9 ? true : null,
        );
      }
      for (const tenant of tenants) {
        await eventually('the journal is closed', async () => {
          const open = await rig.storage.scoped(tenant.scope, (unit) => unit.journal.unfinished(0, 10));
          return open.length === 0 ? true : null;
        });
      }
    },
  };
}
