import { unwrap } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../port';
import { type HyperliquidConfig, hyperliquidConfig } from '../config';
import { systemClock } from '../testing/simulated-driver';
import { SimulatedVenue } from '../testing/simulated-venue';
import { parseEgressAddress } from '../transport/egress-address';
import { type CheckupPlan, checkHyperliquid } from './checkup';

const ACCOUNT = `0x${'a1'.repeat(20)}`;
const AGENT = `0x${'b2'.repeat(20)}`;
const BUILDER = `0x${'c3'.repeat(20)}`;
const parsed = (text: string) => unwrap(parseEgressAddress(text), text);
const NOBODY: CheckupPlan = { account: null, agent: null, builder: null, markupTenthsBp: 10, followers: 1_000 };

/* Needs the built server: npm run build. */
describe('a checkup of a venue', () => {
  let venue: SimulatedVenue;
  beforeAll(async () => {
    venue = await SimulatedVenue.start();
    await venue.control('/worlds/main/accounts', {
      accounts: [
        { address: ACCOUNT, credits: { '': '500' }, agent: { address: AGENT, name: 'copytrade' }, builder: { address: BUILDER, maxTenthsBp: 30 } },
      ],
    });
    await venue.control('/worlds/main/credit', { address: BUILDER, amount: '150' });
  });
  afterAll(() => venue.stop());

  async function findings(
    plan: Partial<CheckupPlan>,
    url = venue.url,
    network: 'mainnet' | 'testnet' = 'mainnet',
    settings: Partial<HyperliquidConfig> = {},
  ): Promise<Finding[]> {
    const told: Finding[] = [];
    const rateLimits = { postsSpendWeight: true, outsideWeight: 60 };
    const config = hyperliquidConfig({ url, wsUrl: `${url.replace(/^http/, 'ws')}/ws`, network, connectTimeoutMs: 2_000, rateLimits, ...settings });
    await checkHyperliquid(config, { ...NOBODY, ...plan }, systemClock, (finding) => told.push(finding));
    return told;
  }
  const verdicts = (told: readonly Finding[]): Record<string, string> => Object.fromEntries(told.map(({ about, verdict }) => [about, verdict]));

  it('finds a good venue, account, agent and builder good', async () => {
    const told = await findings({ account: ACCOUNT, agent: AGENT, builder: BUILDER });
    expect(verdicts(told)).toMatchObject({
      venue: 'good',
      clock: 'good',
      socket: 'good',
      network: 'good',
      'egress default': 'good',
      'rate budget': 'told',
      account: 'good',
      'collateral of the main dex': 'told',
      'collateral of xyz': 'told',
      'address budget': 'good',
      agent: 'good',
      builder: 'good',
      'builder approval': 'good',
    });
  });

  it('compares what a unified account counts with the value the venue tells', async () => {
    const address = `0x${'f6'.repeat(20)}`;
    await venue.control('/worlds/main/accounts', { accounts: [{ address, mode: 'unifiedAccount', credits: { spot: '700', 'spot:USDH': '50' } }] });
    expect((await findings({ account: address })).find(({ about }) => about === 'equity')).toMatchObject({
      verdict: 'good',
      detail: 'counted $750 in dollars, the venue values the whole account at $750',
    });
  });

  it.each<[string, Partial<CheckupPlan>, string, string]>([
    ['an account the venue does not know', { account: `0x${'d4'.repeat(20)}` }, 'account', 'not known to the venue'],
    ['an agent taken for an account', { account: AGENT }, 'account', `an agent of ${ACCOUNT}`],
    ['an agent nobody approved', { account: ACCOUNT, agent: BUILDER }, 'agent', 'no named agent'],
    ['a builder without money', { builder: `0x${'e5'.repeat(20)}` }, 'builder', 'holds $0'],
  ])('fails %s', async (_name, plan, about, words) => {
    const failed = (await findings(plan)).filter(({ verdict }) => verdict === 'fail');
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ about, fix: expect.stringMatching(/.{10}/) });
    expect(failed[0]?.detail).toContain(words);
  });

  it('warns of an approval below the markup', async () => {
    const told = await findings({ account: ACCOUNT, builder: BUILDER, markupTenthsBp: 50 });
    expect(told.at(-1)).toMatchObject({ about: 'builder approval', verdict: 'warn' });
  });

  it('tells how long a wave takes from the ways out, and fails one that leads nowhere', async () => {
    const egress = [parsed('default'), parsed('http://user:secret@127.0.0.1:9')];
    const told = await findings({ followers: 10_000 }, venue.url, 'mainnet', { egress });
    expect(told.find(({ about }) => about === 'egress proxy 127.0.0.1:9')).toMatchObject({ verdict: 'fail' });
    expect(told.find(({ about }) => about === 'rate budget')?.detail).toMatch(
      /^a wave of 10000 entries takes \d+\.\d s from 2, waiting for weight; 60 s need \d+ addresses, 10 s need \d+ addresses$/,
    );
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('stops at an address where nothing answers', async () => {
    const told = await findings({ account: ACCOUNT }, 'http://127.0.0.1:9');
    expect(told.map(({ about, verdict }) => `${about} ${verdict}`)).toEqual(['venue fail']);
  });

  it('names the other network', async () => {
    const other = await SimulatedVenue.start(['--testnet']);
    try {
      const told = await findings({}, other.url, 'mainnet');
      expect(told.find(({ about }) => about === 'network')).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('testnet') });
    } finally {
      await other.stop();
    }
  });
});
