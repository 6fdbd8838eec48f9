import { randomBytes } from 'node:crypto';
import { type CopyId, type LeaderId, present, RATE_ONE, rate, type VenueAccountId } from '@lockstep/kernel';
import { systemRandom } from '@lockstep/platform';
import { generateAgentKey } from '@lockstep/venues/hyperliquid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestProcess } from './testing/processes';
import { type AccountTerms, eventually, type Rig, startRig, type TestTenant } from './testing/rig';
import { type VenueWallet, venueWallet, walletAddress } from './testing/venue-wallet';

/* Venue accounts at the simulated venue: what an activation verifies, an agent renewed and removed, a dex without collateral. */

const DAY = 86_400_000;
const EVERY_SECOND = { LOCKSTEP_RECONCILE_INTERVAL_MS: '1000' };
const LEADER = `0x${'a7'.repeat(20)}`;
const [COIN, DEX_COIN] = ['ETH', 'xyz:TSLA'];
const freshAddress = (): string => `0x${randomBytes(20).toString('hex')}`;
/** Signs approvals itself. */
const WALLET = 1_701;
const FOLLOWER = walletAddress(WALLET);

describe('venue accounts of a running engine', () => {
  let rig: Rig;
  let engine: TestProcess;
  let tenant: TestTenant;
  let wallet: VenueWallet;
  let accountId: VenueAccountId;
  let copyId: CopyId;
  let leader: LeaderId;

  beforeAll(async () => {
    rig = await startRig();
    wallet = venueWallet(rig.venue.url, WALLET);
    engine = await rig.startEngine(EVERY_SECOND);
    await rig.venue.control('/worlds/main/accounts', { accounts: [{ address: LEADER, credits: { '': '100000', xyz: '100000' } }] });
    tenant = await rig.tenant('north');
    leader = await tenant.leader(LEADER);
    const follower = await tenant.follower(FOLLOWER, '10000', { agentName: 'cttesta' });
    accountId = follower.accountId;
    const settings = { mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) }, maxAgeMs: 10_000, catchUpMs: 120_000 } as const;
    copyId = await tenant.copy(leader, follower, { allocation: 5_000n, settings });
    await eventually('the copy is active', async () => {
      const copy = await rig.storage.scoped(tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
      return copy?.state === 'active' ? true : null;
    });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const accountRow = (id = accountId) =>
    rig.storage.scoped(tenant.scope, async (unit) => present(await unit.venueAccounts.findOne({ id }), 'the venue account'));
  const commandOf = (targetId: string) =>
    rig.storage.scoped(tenant.scope, async (unit) => present(await unit.commands.latestFor(targetId), `a command on ${targetId}`));
  const ended = (targetId: string) =>
    eventually(`the command on ${targetId} ends`, async () => {
      const command = await commandOf(targetId);
      return command.status === 'pending' ? null : command;
    });
  const denials = async (reason: string): Promise<number> =>
    rig.storage.scoped(tenant.scope, async (unit) => {
      const events = await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000);
      return events.filter((event) => event.type === 'order.denied' && event.data.includes(reason)).length;
    });

  async function held(coin: string): Promise<number> {
    const dex = coin.includes(':') ? coin.slice(0, coin.indexOf(':')) : '';
    const state = JSON.stringify(await rig.venue.info({ type: 'clearinghouseState', user: FOLLOWER, ...(dex === '' ? {} : { dex }) }));
    const found = new RegExp(`"coin":"${coin}","szi":"(-?[0-9.]+)"`).exec(state);
    return found === null ? 0 : Number(found[1]);
  }
  const holds = (expected: number): Promise<unknown> =>
    eventually(`the follower holds ${expected}`, async () => (Math.abs((await held(COIN)) - expected) < 1e-9 ? true : null));

  async function trade(side: 'buy' | 'sell', size: string, coin = COIN): Promise<void> {
    const dex = coin.includes(':') ? { dex: coin.slice(0, coin.indexOf(':')) } : {};
    const price = String(Reflect.get(Object(await rig.venue.info({ type: 'allMids', ...dex })), coin));
    await rig.venue.control('/worlds/main/trades', { trades: [{ address: LEADER, coin, side, price, size }] });
  }

  /** The wallet approves an agent of the account's, and the engine is asked to take it; again while the venue still removes the one before. */
  const renew = (name: string): Promise<string> =>
    eventually('the venue takes the next agent', async () => {
      const agentAddress = await tenant.nextAgent(accountId, name);
      const approval = await wallet.signApproval(agentAddress, name, Date.now() + 90 * DAY);
      await tenant.command('venue_account.activate', accountId, { approvals: [approval] });
      const end = await ended(accountId);
      if (end.status === 'refused' && JSON.stringify(end.result).includes('must be signed again')) return null;
      expect(end).toMatchObject({ status: 'applied' });
      return agentAddress;
    });

  it.each<[string, string, AccountTerms, string]>([
    ['a sub-account that is a main account', '100', { type: { accountType: 'sub_account', masterAddress: LEADER } }, 'account_type_mismatch'],
    ['a vault that is a main account', '100', { type: { accountType: 'vault', masterAddress: LEADER } }, 'account_type_mismatch'],
    ['an address the venue never saw', '0', {}, 'account_missing'],
  ])('%s is refused with its reason, and stays pending', async (_name, credit, terms, reason) => {
    const made = await tenant.follower(freshAddress(), credit, terms);
    expect(await ended(made.accountId)).toMatchObject({ status: 'refused', result: { reason } });
    const row = await accountRow(made.accountId);
    expect([row.status, row.statusReason === null]).toEqual(['pending', false]);
  });

  it('two accounts are never signed by one agent: the second is refused', async () => {
    const agent = await generateAgentKey(systemRandom);
    const copyOf = { privateKey: Uint8Array.from(agent.privateKey), address: agent.address };
    const first = await tenant.follower(freshAddress(), '100', { agent });
    expect(await ended(first.accountId)).toMatchObject({ status: 'applied' });
    const second = await tenant.follower(freshAddress(), '100', { agent: copyOf, agentName: null });
    expect(await ended(second.accountId)).toMatchObject({ status: 'refused', result: { reason: 'agent_in_use' } });
  });

  it('an agent that was replaced after a first activation failed is the one that signs, not the one whose key was loaded then', async () => {
    const address = freshAddress();
    const made = await tenant.follower(address, '1000', { agentName: null });
    expect(await ended(made.accountId)).toMatchObject({ status: 'refused', result: { reason: 'agent_not_approved' } });
    const agentAddress = await tenant.nextAgent(made.accountId, 'cttestc');
    await rig.storage.scoped(tenant.scope, async (unit) => {
      const next = present(await unit.spareAgents.findOne({ venueAccountId: made.accountId, role: 'next' }), 'the next agent');
      const { agentName, sealedAgentKey } = next;
      await unit.venueAccounts.update({ id: made.accountId }, { agentAddress, agentName, sealedAgentKey, updatedAt: unit.now });
      await unit.spareAgents.drop(made.accountId, 'next');
    });
    await rig.venue.control('/worlds/main/accounts', { accounts: [{ address, agent: { address: agentAddress, name: 'cttestc' } }] });
    await tenant.command('venue_account.activate', made.accountId, { approvals: [] });
    expect(await ended(made.accountId)).toMatchObject({ status: 'applied' });
    // The leverage is set by an action that the account's agent signs.
    const copy = await tenant.copy(leader, made, { allocation: 500n, settings: { instruments: { kind: 'only', coins: [COIN] } } });
    expect(await ended(copy)).toMatchObject({ status: 'applied' });
  });

  it('an agent is renewed without a gap: the old one signs until the venue knows the next one, also over a restart', async () => {
    await trade('buy', '1');
    await holds(0.1);
    const before = await accountRow();
    expect([before.agentStatus, before.agentValidUntil !== null]).toEqual(['approved', true]);
    const next = await renew('cttestb');
    await trade('buy', '1');
    await holds(0.2);
    const after = await accountRow();
    expect([after.agentAddress, after.agentName, after.agentStatus]).toEqual([next, 'cttestb', 'approved']);
    const former = await rig.storage.scoped(tenant.scope, (unit) => unit.spareAgents.findOne({ venueAccountId: accountId, role: 'former' }));
    expect(former?.agentAddress).toBe(before.agentAddress);
    await engine.kill();
    engine = await rig.startEngine(EVERY_SECOND);
    await trade('buy', '1');
    await holds(0.3);
  });

  it('approvals for an agent that is neither the present nor the next one are refused as outdated', async () => {
    const action = { type: 'approveAgent', agentAddress: freshAddress() };
    await tenant.command('venue_account.activate', accountId, { approvals: [{ action, nonce: 1, signature: { r: '0x1', s: '0x1', v: 27 } }] });
    expect(await ended(accountId)).toMatchObject({ status: 'refused', result: { reason: 'approval_outdated' } });
  });

  it('an agent removed at the venue is noticed by its refused order: entries are denied until it is renewed, exits follow then', async () => {
    await rig.venue.control('/worlds/main/accounts', { accounts: [{ address: FOLLOWER, agent: { address: freshAddress(), name: 'cttestb' } }] });
    await trade('buy', '1');
    await eventually('the agent is marked removed', async () => ((await accountRow()).agentStatus === 'removed' ? true : null));
    await trade('buy', '1');
    await eventually('an entry is denied', async () => ((await denials('agent_invalid')) > 0 ? true : null));
    await renew('cttesta');
    await trade('sell', '5');
    await holds(0);
  });

  it('in a dex where the account holds no collateral an entry has a reason before it leaves, and trades once it is funded', async () => {
    await trade('buy', '1', DEX_COIN);
    await eventually('the entry is denied', async () => ((await denials('no_collateral')) > 0 ? true : null));
    expect(await held(DEX_COIN)).toBe(0);
    await rig.venue.control('/worlds/main/credit', { address: FOLLOWER, dex: 'xyz', amount: '1000' });
    // The next comparison of the account sees the money; the leader's increases after it are followed.
    await eventually('the funded dex is traded in', async () => {
      await trade('buy', '1', DEX_COIN);
      return (await held(DEX_COIN)) > 0 ? true : null;
    });
  });
});
