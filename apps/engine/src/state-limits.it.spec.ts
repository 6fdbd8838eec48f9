import { money, RATE_ONE, rate, UNIT } from '@lockstep/kernel';
import { defaultCopySettings } from '@lockstep/roster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountStage, accountStage } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const LEADER = `0x${'d8'.repeat(20)}`;
const FOLLOWER = `0x${'d9'.repeat(20)}`;
const COIN = 'ETH';
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;

describe('a position notional of at most 2,200, trimmed where a mark takes it beyond', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let copyId: Awaited<ReturnType<AccountStage['tenant']['copy']>>;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    stage = await accountStage(rig, LEADER);
    const leader = await stage.tenant.leader(LEADER);
    const follower = await stage.tenant.follower(FOLLOWER, '20000');
    const own = defaultCopySettings();
    const settings = {
      mode: RATIO,
      caps: { ...own.caps, maxPositionNotional: money(2_200n * UNIT) },
      stateLimits: { ...own.stateLimits, position_notional: 'trim' } as const,
      maxAgeMs: 10_000,
      catchUpMs: 120_000,
    };
    copyId = await stage.tenant.copy(leader, follower, { allocation: 5_000n, settings });
    await eventually('the copy is active', async () => {
      const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
      return copy?.state === 'active' ? true : null;
    });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const price = (value: number) => rig.venue.control('/worlds/main/prices', { prices: [{ coin: COIN, price: String(value) }] });
  const holds = (of: (held: number) => boolean, what: string) =>
    eventually(what, async () => {
      const held = await stage.held(FOLLOWER, COIN);
      return of(held) ? held : null;
    });
  const told = (action: string) => stage.told(1, 'limit.passed', copyId, '"limit":"position_notional"', `"action":"${action}"`);

  it('is reduced to five percent below, told, and followed from there, over a restart too', async () => {
    await stage.trade(COIN, 'buy', '10');
    await holds((held) => held === 1, 'it holds one');
    await price(2_500);
    await told('trim');
    const trimmed = await holds((held) => held < 0.87, 'it is trimmed');
    expect(trimmed * 2_500).toBeLessThanOrEqual(2_200);
    expect(trimmed * 2_500).toBeGreaterThan(1_950);
    await told('release');
    await engine.kill();
    engine = await rig.startEngine();
    // Half of what is left, as the leader's half.
    await stage.trade(COIN, 'sell', '5');
    await holds((held) => Math.abs(held - trimmed / 2) < 0.001, 'half of it is left');
  });

  it('is bound by limits from above at once, by the engine’s own command', async () => {
    await rig.storage.scoped(stage.tenant.scope, async (unit) => {
      const { tenantId } = stage.tenant.scope;
      await unit.riskLimits.hold(tenantId);
      await unit.riskLimits.put(tenantId, { limits: { caps: { max_position_notional: '1200' } }, actor: 'test' });
      await unit.commands.append({ kind: 'limits.changed', targetId: tenantId, payload: {}, actor: 'test' });
    });
    await stage.told(1, 'command.applied', '"limits.changed"');
    await stage.trade(COIN, 'buy', '20');
    const held = await holds((held) => held > 0.45, 'it follows up to the limit');
    expect(held * 2_500).toBeLessThanOrEqual(1_215);
  });

  it('is told where all copies of the follower hold too much of one underlying, once over a restart, and as met again', async () => {
    const { tenantId } = stage.tenant.scope;
    await rig.storage.scoped(stage.tenant.scope, async (unit) => {
      await unit.riskLimits.hold(tenantId);
      const limits = { caps: { max_position_notional: '1200' }, exposure: { alert_underlying_share: '0.2' } };
      await unit.riskLimits.put(tenantId, { limits, actor: 'test' });
      await unit.commands.append({ kind: 'limits.changed', targetId: tenantId, payload: {}, actor: 'test' });
    });
    const shared = (action: string) =>
      stage.told(1, 'exposure.passed', '"limit":"alert_underlying_share"', `"underlying":"${COIN}"`, `"action":"${action}"`);
    await price(2_505);
    await shared('alert');
    await engine.kill();
    engine = await rig.startEngine();
    await price(2_510);
    await price(1_200);
    await shared('release');
    expect(await stage.events('exposure.passed', '"action":"alert"')).toBe(1);
  });
});
