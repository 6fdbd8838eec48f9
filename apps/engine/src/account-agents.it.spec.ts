import { present, RATE_ONE, rate } from '@lockstep/kernel';
import type { VenueAccountRow } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountStage, accountStage, type FollowedAccount } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';
import { type VenueWallet, venueWallet } from './testing/venue-wallet';

/* Agents of one wallet: each sub-account has its own, with nonces, an end and a renewal of its own. */

const TERMS = { LOCKSTEP_RECONCILE_INTERVAL_MS: '1000', LOCKSTEP_AGENT_RENEWAL_DAYS: '1' };
const LEADER = `0x${'c4'.repeat(20)}`;
const COIN = 'ETH';
const DAY_MS = 86_400_000;
/** Longer than an activation takes on a busy machine: the agent must stand until then. */
const ACTIVATION_MS = 20_000;

describe('agents of one wallet', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let master: VenueWallet;
  let first: FollowedAccount;
  let second: FollowedAccount;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine(TERMS);
    stage = await accountStage(rig, LEADER);
    master = venueWallet(rig.venue.url, 2_301);
    await rig.venue.control('/worlds/main/accounts', { accounts: [{ address: master.address, credits: { '': '50000' }, volume: '200000' }] });
    const fifth = { mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 5n) } } as const;
    const agentUntilMs = Date.now() + DAY_MS + ACTIVATION_MS;
    first = await stage.follow(await master.openSubAccount('one', 10_000), master, 'sub_account', { agentName: 'one', agentUntilMs });
    second = await stage.follow(await master.openSubAccount('two', 10_000), master, 'sub_account', { agentName: 'two', settings: fifth });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const rowOf = ({ accountId }: FollowedAccount): Promise<VenueAccountRow> =>
    rig.storage.scoped(stage.tenant.scope, async (unit) => present(await unit.venueAccounts.findOne({ id: accountId }), 'the venue account'));
  const agentsOf = ({ address }: VenueWallet) => rig.venue.info({ type: 'extraAgents', user: address });
  const stands = (account: FollowedAccount, agentStatus: VenueAccountRow['agentStatus']) =>
    eventually(`the agent of ${account.address} is ${agentStatus}`, async () => ((await rowOf(account)).agentStatus === agentStatus ? true : null));
  const denied = (account: FollowedAccount) =>
    eventually('the entry is denied', async () => ((await stage.events('order.denied', account.copyId, 'agent_invalid')) > 0 ? true : null));
  const hold = async (ofFirst: number, ofSecond: number): Promise<void> => {
    await stage.holds(first, COIN, ofFirst);
    await stage.holds(second, COIN, ofSecond);
  };

  it('two sub-accounts of one master follow side by side, each by its own agent and nonces, also over a restart', async () => {
    const [one, two] = [await rowOf(first), await rowOf(second)];
    expect(one.agentAddress).not.toBe(two.agentAddress);
    for (let trades = 0; trades < 10; trades += 1) await stage.trade(COIN, 'buy', '0.5');
    await hold(0.5, 1);
    await engine.kill();
    engine = await rig.startEngine(TERMS);
    for (let trades = 0; trades < 5; trades += 1) await stage.trade(COIN, 'sell', '0.5');
    await hold(0.25, 0.5);
    for (const account of [first, second]) await stage.agrees(account);
    expect(await stage.events('order.rejected')).toBe(0);
    expect(await rig.venue.info({ type: 'userFills', user: master.address })).toEqual([]);
  });

  it('an agent whose end comes near is told as expiring, and signs on', async () => {
    await stands(first, 'expiring');
    await stage.told(1, 'venue_account.changed', first.accountId, '"agent_status":"expiring"');
    expect(await stage.events('venue_account.changed', first.accountId, '"agent_status":"expiring"')).toBe(1);
    expect((await rowOf(second)).agentStatus).toBe('approved');
    await stage.trade(COIN, 'buy', '0.5');
    await hold(0.3, 0.6);
  });

  it('one removed by its wallet halts its own sub-account alone, and the master’s renewal resumes it', async () => {
    await master.approve(`0x${'e1'.repeat(20)}`, 'two');
    await stage.trade(COIN, 'buy', '0.5');
    await stage.holds(first, COIN, 0.35);
    await stands(second, 'removed');
    await stage.trade(COIN, 'buy', '0.5');
    await stage.holds(first, COIN, 0.4);
    await denied(second);
    expect((await rowOf(first)).agentStatus).toBe('expiring');
    const agent = await stage.renew(second, master, 'twob');
    expect(await rowOf(second)).toMatchObject({ agentAddress: agent, agentStatus: 'approved' });
    await stage.trade(COIN, 'sell', '4');
    await hold(0, 0);
  });

  it('stopping the copy of one closes it, and leaves the other as it is', async () => {
    await stage.trade(COIN, 'buy', '1');
    await hold(0.1, 0.2);
    await stage.tenant.command('copy.stop', first.copyId, { mode: 'close_now' });
    await stage.holds(first, COIN, 0);
    await stage.trade(COIN, 'buy', '1');
    await hold(0, 0.4);
    for (const account of [first, second]) await stage.agrees(account);
  });

  it('one that ended halts new risk by name; once it is renewed, what was to be left is left and entries go on', async () => {
    const agentUntilMs = Date.now() + ACTIVATION_MS;
    const third = await stage.follow(await master.openSubAccount('three', 10_000), master, 'sub_account', { agentName: 'three', agentUntilMs });
    await stage.trade(COIN, 'sell', '4');
    await stage.holds(third, COIN, -0.2);
    await stands(third, 'expired');
    await stage.told(1, 'venue_account.changed', third.accountId, '"agent_status":"expired"');
    expect(await stage.events('venue_account.changed', third.accountId, '"agent_status":"expired"')).toBe(1);
    await stage.trade(COIN, 'sell', '1');
    await denied(third);
    await stage.trade(COIN, 'buy', '3');
    await stage.holds(second, COIN, 0);
    expect(await stage.held(third.address, COIN)).toBe(-0.2);
    await stage.renew(third, master, 'threeb');
    await stage.holds(third, COIN, 0);
    await stage.trade(COIN, 'buy', '1');
    await stage.holds(third, COIN, 0.1);
    await stage.agrees(third);
  });

  it('a next one that cannot be taken up at once is taken up by itself: while a reading fails, and when its approval was refused but stands all the same', async () => {
    const fourth = await stage.follow(await master.openSubAccount('four', 10_000), master, 'sub_account', { agentName: 'four' });
    const next = await stage.tenant.nextAgent(fourth.accountId, 'fourb');
    const until = Date.now() + 90 * DAY_MS;
    await rig.venue.control('/worlds/main/faults', {
      target: 'info',
      type: 'userAbstraction',
      effect: { kind: 'status', status: 502 },
      count: null,
    });
    const unread = await stage.tenant.command('venue_account.activate', fourth.accountId, {
      approvals: [await master.signApproval(next, 'fourb', until)],
    });
    await eventually('the wallet’s approval stands', async () => (JSON.stringify(await agentsOf(master)).includes(next) ? true : null));
    await rig.venue.endFaults();
    expect(await stage.endOf(unread)).toMatchObject({ status: 'applied' });
    expect(await rowOf(fourth)).toMatchObject({ agentAddress: next, agentStatus: 'approved' });

    // Replaced at the exchange a moment ago: the venue takes no agent for some seconds, and the wallet approves ours there in the end.
    const last = await stage.tenant.nextAgent(fourth.accountId, 'four');
    await master.approve(`0x${'e2'.repeat(20)}`, 'four');
    const refused = await stage.tenant.command('venue_account.activate', fourth.accountId, {
      approvals: [await master.signApproval(last, 'four', until)],
    });
    await eventually('the venue takes it from the wallet itself', () =>
      master.approve(last, 'four').then(
        () => true,
        () => null,
      ),
    );
    expect(await stage.endOf(refused)).toMatchObject({ status: 'applied' });
    expect(await rowOf(fourth)).toMatchObject({ agentAddress: last, agentStatus: 'approved' });
    await stage.trade('SOL', 'buy', '10');
    await stage.holds(fourth, 'SOL', 1);
  });
});
