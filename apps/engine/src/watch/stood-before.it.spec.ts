import { present, RATE_ONE, rate } from '@lockstep/kernel';
import type { CopySettings } from '@lockstep/roster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AccountStage, accountStage } from '../testing/account-stage';
import type { TestProcess } from '../testing/processes';
import { eventually, type Rig, startRig } from '../testing/rig';

const LEADER = `0x${'d2'.repeat(20)}`;
const SETTINGS = { mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) }, maxAgeMs: 10_000, catchUpMs: 120_000 } as const;

describe('a leader who stood in instruments before he was watched', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;

  const trade = async (coin: string, side: 'buy' | 'sell', size: string): Promise<void> => {
    const mids = z.record(z.string(), z.string()).parse(await rig.venue.info({ type: 'allMids' }));
    const price = String(Math.round(Number(present(mids[coin], coin))));
    await rig.venue.control('/worlds/main/trades', { trades: [{ address: LEADER, coin, side, price, size }] });
  };

  beforeAll(async () => {
    rig = await startRig();
    await rig.venue.control('/worlds/main/accounts', { accounts: [{ address: LEADER, credits: { '': '1000000' } }] });
    await trade('ETH', 'buy', '3');
    await trade('BTC', 'buy', '1');
    engine = await rig.startEngine();
    stage = await accountStage(rig, LEADER);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  const copy = async (address: string, leader: Awaited<ReturnType<AccountStage['tenant']['leader']>>, start: CopySettings['start']) => {
    const follower = await stage.tenant.follower(address, '40000');
    const copyId = await stage.tenant.copy(leader, follower, { allocation: 30_000n, settings: { ...SETTINGS, start } });
    await eventually('its activation ends', async () => {
      const command = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.commands.latestFor(copyId));
      return command?.status === 'applied' ? true : null;
    });
    return { address, copyId };
  };

  const holds = ({ address }: { readonly address: string }, coin: string, expected: number) =>
    eventually(`${address} holds ${expected} ${coin}`, async () => (Math.abs((await stage.held(address, coin)) - expected) < 1e-9 ? true : null));

  it('is followed by a later process from where he stood: what was taken on closes with him, and who waits for his next open waits on', async () => {
    const leader = await stage.tenant.leader(LEADER);
    const adopter = await copy(`0x${'a1'.repeat(20)}`, leader, { kind: 'adopt', band: null });
    const waiting = await copy(`0x${'a2'.repeat(20)}`, leader, { kind: 'next_open' });
    await holds(adopter, 'ETH', 0.3);
    await holds(adopter, 'BTC', 0.1);
    await engine.kill();
    await trade('ETH', 'sell', '3');
    await trade('BTC', 'buy', '1');
    engine = await rig.startEngine();
    await holds(adopter, 'ETH', 0);
    await holds(adopter, 'BTC', 0.2);
    await trade('BTC', 'buy', '1');
    await holds(adopter, 'BTC', 0.3);
    await trade('BTC', 'sell', '3');
    await holds(adopter, 'BTC', 0);
    expect(await stage.events('order.filled', waiting.copyId)).toBe(0);
  });
});
