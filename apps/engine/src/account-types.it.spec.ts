import { present } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AccountStage, accountStage, type FollowedAccount } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';
import { type VenueWallet, venueWallet } from './testing/venue-wallet';

/* Accounts without a key of their own: a sub-account and a vault follow by an agent of the wallet they belong to, over a restart and lost answers. */

const TERMS = { LOCKSTEP_RECONCILE_INTERVAL_MS: '1000', LOCKSTEP_FUNDING_PERIOD_MS: '1000', LOCKSTEP_ANSWER_TIMEOUT_MS: '1000' };
const LEADER = `0x${'c1'.repeat(20)}`;
const COIN = 'ETH';
const KINDS = ['sub_account', 'vault'] as const;
type Kind = (typeof KINDS)[number];

describe('a sub-account and a vault', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  /** The sub-account's master and the vault's leader. */
  let wallets: readonly [VenueWallet, VenueWallet];
  const accounts = new Map<Kind, FollowedAccount>();

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine(TERMS);
    stage = await accountStage(rig, LEADER);
    wallets = [venueWallet(rig.venue.url, 2_001), venueWallet(rig.venue.url, 2_002)];
    const [master, vaultLeader] = wallets;
    await rig.venue.control('/worlds/main/accounts', {
      accounts: wallets.map(({ address }) => ({ address, credits: { '': '50000' }, volume: '200000' })),
    });
    const opened = { sub_account: await master.openSubAccount('desk', 10_000), vault: await vaultLeader.openVault('A vault', 10_000) };
    accounts.set('sub_account', await stage.follow(opened.sub_account, master, 'sub_account', { agentName: 'desk' }));
    accounts.set('vault', await stage.follow(opened.vault, vaultLeader, 'vault'));
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const accountOf = (kind: Kind): FollowedAccount => present(accounts.get(kind), kind);
  /** One after the other, in the order of `KINDS`. */
  const collect = async <T>(look: (account: FollowedAccount) => Promise<T>): Promise<T[]> => {
    const found: T[] = [];
    for (const kind of KINDS) found.push(await look(accountOf(kind)));
    return found;
  };
  const follow = async (side: 'buy' | 'sell', size: string, expected: number): Promise<void> => {
    await stage.trade(COIN, side, size);
    await collect((account) => stage.holds(account, COIN, expected));
  };

  it('follows an open, an add, a reduction, a flip and a close, and is booked what the venue booked', async () => {
    await follow('buy', '1', 0.1);
    await follow('buy', '1', 0.2);
    await follow('sell', '0.5', 0.15);
    await follow('sell', '3', -0.15);
    await follow('buy', '1.5', 0);
    await collect(stage.agrees);
  });

  it('follows on after a restart, and what the leader did meanwhile is caught up once', async () => {
    await follow('buy', '1', 0.1);
    await engine.kill();
    await stage.trade(COIN, 'buy', '1');
    engine = await rig.startEngine(TERMS);
    await collect((account) => stage.holds(account, COIN, 0.2));
    await follow('sell', '0.5', 0.15);
    await collect(stage.agrees);
  });

  it('what was journaled by an engine that died before it left is closed by the agent and ordered anew, once', async () => {
    await engine.kill();
    const doomed = await rig.startEngine({ ...TERMS, LOCKSTEP_CRASH_AT: 'journaled_first_scope' });
    await stage.trade(COIN, 'sell', '0.5');
    expect(await doomed.exited).toBeNull();
    engine = await rig.startEngine(TERMS);
    await collect((account) => stage.holds(account, COIN, 0.1));
    await collect(stage.agrees);
  });

  it('is booked the funding the venue charged', async () => {
    await stage.charge(COIN, ...KINDS.map(accountOf));
    await collect(stage.agrees);
    await stage.told(KINDS.length, 'funding.booked');
  });

  it.each(['after', 'before'] as const)(
    'an order whose answer is lost %s it lands is settled by the venue’s word and never sent twice',
    async (when) => {
      const before = await stage.held(accountOf('vault').address, COIN);
      await rig.venue.control('/worlds/main/faults', { target: 'exchange', type: 'order', effect: { kind: 'silence' }, when, count: KINDS.length });
      await follow('buy', '1', before + 0.1);
      await collect(stage.agrees);
      await rig.venue.endFaults();
    },
  );

  it('what never landed is told as ended without a fill, nothing is left unknown, and the wallets themselves traded nothing', async () => {
    const { scope } = stage.tenant;
    const { rows } = await rig.storage.scoped(scope, (unit) => unit.orders.page({ limit: 1_000, after: null, order: 'oldest_first' }));
    const unfilled = rows.filter(({ status }) => status !== 'filled').map(({ status, filledSize, copyId }) => [status, filledSize, copyId]);
    // Two each: of the engine that died, and of the answer lost before its order landed.
    const lost = KINDS.flatMap((kind) => [accountOf(kind), accountOf(kind)]).map(({ copyId }) => ['expired', 0n, copyId]);
    expect(unfilled.sort()).toEqual(lost.sort());
    expect(await rig.storage.scoped(scope, (unit) => unit.orders.unsettled(10))).toEqual([]);
    for (const wallet of wallets) expect(await rig.venue.info({ type: 'userFills', user: wallet.address })).toEqual([]);
    const known = await collect(
      async ({ address }) => z.array(z.unknown()).parse(await rig.venue.info({ type: 'historicalOrders', user: address })).length,
    );
    expect(known.reduce((sum, count) => sum + count, 0)).toBe(rows.length - lost.length);
  });

  it('of a builder dex a vault is barred by name, a sub-account only until it is funded there', async () => {
    const [sub, vault] = [accountOf('sub_account'), accountOf('vault')];
    await stage.trade('xyz:NVDA', 'buy', '5');
    await eventually('both are denied', async () =>
      (await stage.events('order.denied', vault.copyId, 'account_type')) > 0 && (await stage.events('order.denied', sub.copyId, 'no_collateral')) > 0
        ? true
        : null,
    );
    await rig.venue.control('/worlds/main/credit', { address: sub.address, dex: 'xyz', amount: '2000' });
    await eventually('the sub-account trades there', async () => {
      await stage.trade('xyz:NVDA', 'buy', '5');
      return (await stage.held(sub.address, 'xyz:NVDA')) > 0 ? true : null;
    });
    expect(await stage.held(vault.address, 'xyz:NVDA')).toBe(0);
    await stage.trade('xyz:NVDA', 'sell', String(await stage.held(LEADER, 'xyz:NVDA')));
    await stage.holds(sub, 'xyz:NVDA', 0);
    await collect(stage.agrees);
  });
});
