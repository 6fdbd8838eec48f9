import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { advanceThroughDeath, fundingRows, makeCopy, openSandboxStack, type Partner, type SandboxStack, WAIT } from './testing/sandbox-stack';

const DAY = 86_400_000;
const LEADER = `0x${'1eade5'.padStart(40, '0')}`;
const WALLET = `0x${'a2'.repeat(32)}` as const;

let sandbox: SandboxStack;
let partner: Partner;
beforeAll(async () => {
  sandbox = await openSandboxStack();
  partner = await sandbox.partner('A day');
  await partner.ask('post', 'sandbox', { seed: 7 });
  await partner.until('sandbox', { status: 'open' });
}, 300_000);
afterAll(() => sandbox?.close());

describe('a day of a sandbox', () => {
  it('charges twenty-four hours of funding, although the back office dies in it', async () => {
    const { copy } = await makeCopy(partner, LEADER, WALLET, { allocation: '1000', settings: { mode: { kind: 'fixed_ratio', ratio: '0.1' } } });
    await partner.task('trades', { trades: [{ address: LEADER, coin: 'BTC', side: 'buy', size: '0.05' }] });
    await vi.waitFor(async () => {
      expect((await partner.ask('get', `positions?copy_id=${copy}`)).data).toMatchObject([{ coin: 'BTC', position: '0.005' }]);
    }, WAIT);
    await partner.task('clock/freeze');
    const before = Date.parse((await partner.ask('get', 'sandbox/clock')).business_time ?? '');
    await advanceThroughDeath(sandbox, partner, DAY);
    expect(Date.parse((await partner.ask('get', 'sandbox/clock')).business_time ?? '')).toBe(before + DAY);
    await vi.waitFor(async () => expect(await fundingRows(partner, before, DAY)).toBe(24), WAIT);
  });
});
