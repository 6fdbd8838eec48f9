import { RATE_ONE, rate } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountStage, accountStage, type FollowedAccount } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const LEADER = `0x${'a5'.repeat(20)}`;
const FOLLOWER = `0x${'a6'.repeat(20)}`;
const COIN = 'ETH';
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;

describe('a copy whose increases wait for approval', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let account: FollowedAccount;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    stage = await accountStage(rig, LEADER);
    const leader = await stage.tenant.leader(LEADER);
    const follower = await stage.tenant.follower(FOLLOWER, '50000');
    const settings = { mode: RATIO, maxAgeMs: 10_000, catchUpMs: 30_000, approveWithinMs: 3_600_000 };
    const copyId = await stage.tenant.copy(leader, follower, { allocation: 20_000n, settings });
    account = { address: FOLLOWER, accountId: follower.accountId, copyId };
    await eventually('the copy is active', async () => {
      const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
      return copy?.state === 'active' ? true : null;
    });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const proposals = () =>
    rig.storage.scoped(stage.tenant.scope, async (unit) => (await unit.proposals.page({ limit: 100, after: null, order: 'newest_first' })).rows);
  /** The newest proposal once it has a status and so much left. */
  const asked = (status: string, left: number) =>
    eventually(`a proposal is ${status} with ${left} left`, async () => {
      const [newest] = await proposals();
      return newest?.status === status && Number(newest.leftSize) === Math.round(left * 1e8) ? newest : null;
    });
  const answer = async (kind: 'proposal.approve' | 'proposal.decline', proposal: string, size?: string) =>
    stage.endOf(await stage.tenant.command(kind, account.copyId, { proposal, ...(size === undefined ? {} : { size }) }));
  const orders = () =>
    rig.storage.scoped(stage.tenant.scope, async (unit) => (await unit.orders.page({ limit: 100, after: null, order: 'oldest_first' })).rows);

  it('is asked, and nothing leaves', async () => {
    await stage.trade(COIN, 'buy', '10');
    const proposal = await asked('open', 1);
    expect(proposal).toMatchObject({ coin: COIN, buy: true, copyId: account.copyId, approvedMicro: 0n });
    await stage.told(1, 'proposal.made', proposal.id, account.copyId);
    await stage.told(1, 'order.denied', 'approval_needed', account.copyId);
    expect(await orders()).toEqual([]);
  });

  it('enters what is approved, and the rest is taken back with the leader', async () => {
    const { id } = await asked('open', 1);
    expect(await answer('proposal.approve', id, '0.4')).toMatchObject({ status: 'applied', result: { status: 'open', approvedSize: '40000000' } });
    await stage.holds(account, COIN, 0.4);
    await stage.trade(COIN, 'sell', '5');
    await asked('open', 0.3);
    await stage.holds(account, COIN, 0.2);
    await stage.agrees(account);
  });

  it('finds it open after a restart, and what is approved of it is entered once', async () => {
    await engine.kill();
    engine = await rig.startEngine();
    const { id } = await asked('open', 0.3);
    expect(await answer('proposal.approve', id, '5')).toMatchObject({ status: 'applied', result: { status: 'approved', leftSize: '0' } });
    await stage.holds(account, COIN, 0.5);
    await stage.told(1, 'proposal.ended', id, '"approved"');
    // The command that was carried out is carried out again, as after a death between its write and its end.
    const no = await stage.tenant.command('proposal.approve', account.copyId, { proposal: id, size: '5' });
    expect(await stage.endOf(no)).toMatchObject({ status: 'refused', result: { reason: 'proposal_over' } });
    await stage.agrees(account);
  });

  it('is asked by a re-basis too, declines, and leaves with the leader', async () => {
    await stage.trade(COIN, 'buy', '5');
    const { id } = await asked('open', 0.5);
    expect(await answer('proposal.decline', id)).toMatchObject({ status: 'applied', result: { status: 'declined' } });
    await stage.endOf(await stage.tenant.command('copy.rebase', account.copyId));
    const again = await asked('open', 0.5);
    expect(again.id).not.toBe(id);
    await stage.endOf(await stage.tenant.command('copy.rebase', account.copyId));
    expect((await asked('open', 0.5)).id).toBe(again.id);
    await stage.trade(COIN, 'sell', '10');
    await asked('withdrawn', 0);
    await stage.holds(account, COIN, 0);
    await stage.agrees(account);
    expect((await orders()).filter(({ reduceOnly }) => !reduceOnly)).toHaveLength(2);
  });

  it('died between the plan and the books: a restart asks what was decided', async () => {
    await engine.kill();
    const doomed = await rig.startEngine({ LOCKSTEP_CRASH_AT: 'journaled_all_scopes' });
    await stage.trade(COIN, 'buy', '20');
    expect(await doomed.exited).toBeNull();
    engine = await rig.startEngine();
    const { id } = await asked('open', 2);
    expect((await proposals()).filter(({ status }) => status === 'open')).toHaveLength(1);
    await answer('proposal.approve', id, '2');
    await stage.holds(account, COIN, 2);
    await stage.agrees(account);
  }, 120_000);
});
