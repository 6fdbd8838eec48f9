import { describe, expect, it } from 'vitest';
import { addressOf, orderAction, Testbed } from '../builders/testbed';
import type { Json } from './port';

const OWNER = addressOf(1);
const AGENT = addressOf(100);
const NOOP = { type: 'noop' };
const DONE = { status: 'ok', response: { type: 'default' } };

function approve(bed: Testbed, agent: string, name: string, signer = OWNER): unknown {
  const nonce = bed.world.now() + Number(BigInt(agent) % 50n) + 1;
  const action: Json = {
    type: 'approveAgent',
    signatureChainId: '0x66eee',
    hyperliquidChain: 'Mainnet',
    agentAddress: agent,
    agentName: name,
    nonce,
  };
  return bed.act(signer, action, nonce);
}

describe('agents', () => {
  it('sign for their owner until they expire or are replaced', () => {
    const bed = new Testbed({}, { 1: '1000' });
    const until = bed.world.now() + 5_000;
    expect(approve(bed, AGENT, `copy valid_until ${until}`)).toEqual(DONE);
    expect(bed.act(AGENT, NOOP)).toEqual(DONE);
    expect(bed.info('extraAgents', { user: OWNER })).toEqual([{ name: 'copy', address: AGENT, validUntil: until }]);
    expect(bed.info('userRole', { user: AGENT })).toEqual({ role: 'agent', data: { user: OWNER } });
    expect(approve(bed, addressOf(101), 'copy')).toEqual(DONE);
    expect(bed.act(AGENT, NOOP)).toEqual({ status: 'err', response: `User or API Wallet ${AGENT} does not exist.` });
    bed.world.advanceTo(until + 200);
    expect(bed.act(addressOf(101), NOOP)).toEqual(DONE);
  });

  it('are refused after their valid_until', () => {
    const bed = new Testbed({}, { 1: '1000' });
    approve(bed, AGENT, `copy valid_until ${bed.world.now() + 1_000}`);
    bed.world.advanceTo(bed.world.now() + 2_000);
    expect(bed.act(AGENT, NOOP)).toMatchObject({ status: 'err' });
  });

  it('may be one unnamed and three named, each address only once', () => {
    const bed = new Testbed({}, { 1: '1000', 2: '1000' });
    for (const [agent, name] of [
      [100, ''],
      [101, 'a'],
      [102, 'b'],
      [103, 'c'],
    ] as const)
      expect(approve(bed, addressOf(agent), name)).toEqual(DONE);
    expect(approve(bed, addressOf(104), 'd')).toMatchObject({ status: 'err' });
    expect(approve(bed, addressOf(101), 'z', addressOf(2))).toEqual({ status: 'err', response: 'Extra agent already used.' });
  });

  it('may be set up twice for the same account by the control port, and never for two', () => {
    const bed = new Testbed();
    const setup = [
      { address: OWNER, credits: { '': '10' }, agent: { address: AGENT, name: 'copy' }, builder: { address: addressOf(9), maxTenthsBp: 50 } },
    ];
    for (const round of [10, 20]) {
      bed.world.control.setup(setup);
      bed.block();
      expect(bed.act(AGENT, NOOP)).toEqual(DONE);
      expect(bed.info('clearinghouseState', { user: OWNER })).toMatchObject({ withdrawable: `${round}.0` });
    }
    expect(bed.info('maxBuilderFee', { user: OWNER, builder: addressOf(9) })).toBe(50);
    expect(() => bed.world.control.setup([{ ...setup[0], address: addressOf(2), credits: {}, agent: { address: AGENT, name: 'copy' } }])).toThrow(
      /agent/,
    );
  });

  it('cannot do what the main wallet signs', () => {
    const bed = new Testbed({}, { 1: '1000' });
    approve(bed, AGENT, '');
    expect(approve(bed, addressOf(101), 'x', AGENT)).toEqual({ status: 'err', response: `Must deposit before performing actions. User: ${AGENT}` });
  });
});

describe('nonces', () => {
  it('are used once, and a noop with the nonce of an order keeps the order out', () => {
    const bed = new Testbed({}, { 1: '100000' });
    const nonce = bed.world.now();
    expect(bed.act(OWNER, NOOP, nonce)).toEqual(DONE);
    expect(bed.act(OWNER, orderAction({ p: '66000', s: '0.1' }), nonce)).toEqual({
      status: 'err',
      response: `Invalid nonce: duplicate nonce ${nonce}`,
    });
    expect(bed.info('openOrders', { user: OWNER })).toEqual([]);
  });

  it('may come out of order while above the smallest of the hundred highest', () => {
    const bed = new Testbed({}, { 1: '1000' });
    const first = bed.world.now();
    for (let step = 0; step < 100; step += 1) bed.queue(OWNER, NOOP, first + 10 * step);
    bed.block();
    expect(bed.act(OWNER, NOOP, first + 5)).toEqual(DONE);
    expect(bed.act(OWNER, NOOP, first + 1)).toEqual({ status: 'err', response: `Invalid nonce: nonce too low ${first + 1} < ${first + 5}` });
  });

  it('lie inside two days back and one day ahead of the block', () => {
    const bed = new Testbed({}, { 1: '1000' });
    expect(bed.act(OWNER, NOOP, bed.world.now() - 3 * 86_400_000)).toMatchObject({
      response: expect.stringMatching(/^Invalid nonce: nonce too low/),
    });
    expect(bed.act(OWNER, NOOP, bed.world.now() + 2 * 86_400_000)).toMatchObject({ status: 'err' });
  });
});

describe('requests as a whole', () => {
  it('of an unknown wallet are refused by name', () => {
    expect(new Testbed().act(addressOf(5), NOOP)).toEqual({ status: 'err', response: `User or API Wallet ${addressOf(5)} does not exist.` });
  });

  it('past their expiry are refused and leave the nonce usable', () => {
    const bed = new Testbed({}, { 1: '1000' });
    const nonce = bed.world.now();
    expect(bed.act(OWNER, NOOP, nonce, bed.world.now())).toEqual({ status: 'err', response: 'Action already expired' });
    expect(bed.act(OWNER, NOOP, nonce)).toEqual(DONE);
  });

  it('of an unknown type or shape are not accepted', () => {
    const { world } = new Testbed();
    expect(world.accepts({ type: 'noop' })).toBe(true);
    expect(world.accepts({ type: 'nope' })).toBe(false);
    expect(world.accepts({ type: 'order', orders: [{ a: 0 }], grouping: 'na' })).toBe(false);
    expect(
      world.accepts({
        type: 'order',
        orders: [{ a: 0, b: true, p: '1', s: '1', r: false, t: { limit: { tif: 'Gtc' } }, c: 'short' }],
        grouping: 'na',
      }),
    ).toBe(false);
  });

  it('signed by the wallet name a chain, the network and their own nonce, or are no request', () => {
    const { world } = new Testbed();
    const send = { type: 'usdSend', signatureChainId: '0x66eee', hyperliquidChain: 'Mainnet', destination: addressOf(2), amount: '1', time: 1 };
    const approval = { type: 'approveAgent', signatureChainId: '0xa4b1', hyperliquidChain: 'Testnet', agentAddress: AGENT, nonce: 1 };
    for (const action of [send, approval]) {
      expect(world.accepts(action)).toBe(true);
      for (const wrong of [
        { signatureChainId: undefined },
        { signatureChainId: 421_614 },
        { hyperliquidChain: undefined },
        { hyperliquidChain: 'Devnet' },
        { time: undefined, nonce: undefined },
      ])
        expect(world.accepts({ ...action, ...wrong })).toBe(false);
    }
    expect(world.accepts({ ...send, time: undefined, nonce: 1 })).toBe(false);
  });

  it('signed by the wallet repeat the nonce they came with, where it is covered by the signature', () => {
    const bed = new Testbed({}, { 1: '1000' });
    const nonce = bed.world.now() + 50;
    const send = { type: 'usdSend', signatureChainId: '0x1', hyperliquidChain: 'Mainnet', destination: addressOf(2), amount: '1' };
    const mismatch = { status: 'err', response: 'Inner nonce does not match outer nonce.' };
    expect(bed.act(OWNER, { ...send, time: nonce - 1 }, nonce)).toEqual(mismatch);
    expect(bed.act(OWNER, { ...send, time: nonce - 1, nonce }, nonce)).toEqual(mismatch);
    expect(bed.act(OWNER, { ...send, time: nonce }, nonce)).toEqual(DONE);
  });

  it('may move dollars between accounts and dexes; the first to a new address costs one more', () => {
    const bed = new Testbed({}, { 1: '1000' });
    const nonce = bed.world.now() + 7;
    const envelope = { signatureChainId: '0x66eee', hyperliquidChain: 'Mainnet' };
    expect(bed.act(OWNER, { type: 'usdSend', ...envelope, destination: addressOf(3), amount: '250.5', time: nonce }, nonce)).toEqual(DONE);
    const assets = {
      destination: OWNER,
      sourceDex: '',
      destinationDex: 'xyz',
      token: 'USDC:0x6d1e7cde53ba9467b783cb7c530ce054',
      amount: '100',
      fromSubAccount: '',
    };
    expect(bed.act(OWNER, { type: 'sendAsset', ...envelope, ...assets, nonce: nonce + 1 }, nonce + 1)).toEqual(DONE);
    expect(bed.info('clearinghouseState', { user: addressOf(3) })).toMatchObject({ withdrawable: '250.5' });
    expect(bed.info('clearinghouseState', { user: OWNER })).toMatchObject({ withdrawable: '648.5' });
    expect(bed.info('clearinghouseState', { user: OWNER, dex: 'xyz' })).toMatchObject({ withdrawable: '100.0' });
    expect(bed.act(OWNER, { type: 'usdSend', ...envelope, destination: addressOf(3), amount: '9999', time: nonce + 2 }, nonce + 2)).toMatchObject({
      status: 'err',
    });
  });
});
