import { describe, expect, it } from 'vitest';
import { addressOf, orderAction, statusesOf, Testbed, wireOrder } from '../builders/testbed';
import type { Json } from './port';

const DONE = { status: 'ok', response: { type: 'default' } };
const refusal = (response: string) => ({ status: 'err', response });
const NOOP = { type: 'noop' };
const DAY_MS = 86_400_000;

const agent = (bed: Testbed, number: number, agentName = '', account = 1) =>
  bed.wallet(account, { type: 'approveAgent', agentAddress: addressOf(number), agentName });

describe('an agent', () => {
  it('is replaced by another of its name, after which a while must pass', () => {
    const bed = new Testbed({}, { 1: '1000' });
    expect(agent(bed, 100, 'copy')).toEqual(DONE);
    expect(agent(bed, 101, 'copy')).toEqual(DONE);
    expect(bed.act(addressOf(100), NOOP)).toEqual(refusal(`User or API Wallet ${addressOf(100)} does not exist.`));
    expect(agent(bed, 102, 'copy')).toEqual(refusal('User has pending agent removal'));
    bed.world.advanceTo(bed.world.now() + 5_000);
    expect(agent(bed, 102, 'copy')).toEqual(DONE);
    expect(agent(bed, 101, 'other')).toEqual(refusal('Extra agent already used.'));
    expect(bed.info('extraAgents', { user: addressOf(1) })).toMatchObject([{ name: 'copy', address: addressOf(102) }]);
  });

  it('lives ninety days, or as long as asked up to a hundred and eighty', () => {
    const bed = new Testbed({ settings: { markIntervalMs: 3_600_000 } }, { 1: '1000' });
    const start = bed.world.now();
    agent(bed, 100, 'a');
    agent(bed, 101, `b valid_until ${start + DAY_MS}`);
    agent(bed, 102, `c valid_until ${start + 500 * DAY_MS}`);
    expect(bed.info('extraAgents', { user: addressOf(1) })).toEqual([
      { name: 'a', address: addressOf(100), validUntil: start + 100 + 90 * DAY_MS },
      { name: 'b', address: addressOf(101), validUntil: start + DAY_MS },
      { name: 'c', address: addressOf(102), validUntil: start + 300 + 180 * DAY_MS },
    ]);
    bed.world.advanceTo(start + DAY_MS);
    expect(bed.act(addressOf(101), NOOP)).toMatchObject({ status: 'err' });
    // An expired one takes no place.
    expect(agent(bed, 103, 'd')).toEqual(DONE);
  });

  it('has a name of sixteen characters at most', () => {
    expect(agent(new Testbed({}, { 1: '1000' }), 100, 'seventeen letters')).toMatchObject({ status: 'err' });
  });
});

describe('a builder', () => {
  const approve = (bed: Testbed, maxFeeRate: string) => bed.wallet(1, { type: 'approveBuilderFee', builder: addressOf(9), maxFeeRate });
  it.each([
    ['without an account', {}, 'disabled', 'Builder has insufficient balance to be approved.'],
    ['with less than a hundred dollars', { '': '99.99' }, 'disabled', 'Builder has insufficient balance to be approved.'],
    ['with its dollars on spot', { spot: '1000' }, 'disabled', 'Builder has insufficient balance to be approved.'],
    ['that is a unified account', { '': '1000' }, 'unifiedAccount', 'Builder has insufficient balance to be approved.'],
    ['with a hundred dollars', { '': '100' }, 'disabled', null],
  ] as const)('%s', (_what, credits, abstraction, text) => {
    const bed = new Testbed({}, { 1: '1000' });
    if (Object.keys(credits).length > 0) bed.world.control.setup([{ address: addressOf(9), credits, abstraction }]);
    expect(approve(bed, '0.05%')).toEqual(text === null ? DONE : refusal(text));
    expect(bed.info('maxBuilderFee', { user: addressOf(1), builder: addressOf(9) })).toBe(text === null ? 50 : 0);
    expect(bed.info('approvedBuilders', { user: addressOf(1) })).toEqual(text === null ? [addressOf(9)] : []);
  });

  it('loses its approval by one of nothing', () => {
    const bed = new Testbed({}, { 1: '1000', 9: '100' });
    approve(bed, '0.1%');
    expect(approve(bed, '0%')).toEqual(DONE);
    expect(bed.info('approvedBuilders', { user: addressOf(1) })).toEqual([]);
    expect(bed.world.accepts({ type: 'approveBuilderFee', builder: addressOf(9), maxFeeRate: '1.01%' })).toBe(false);
  });
});

describe('an order with a builder', () => {
  const text = 'Builder fee has not been approved.';
  const rows: readonly (readonly [what: string, approved: number | null, f: number, taken: boolean])[] = [
    ['is refused without an approval', null, 1, false],
    ['is refused without an approval even of nothing', null, 0, false],
    ['is taken at the approved fee', 50, 50, true],
    ['is refused a tenth of a basis point above it', 50, 51, false],
    ['is taken at a tenth of a percent', 1_000, 100, true],
    ['is refused above a tenth of a percent, whatever was approved', 1_000, 101, false],
  ];
  for (const perOrder of [false, true])
    for (const [what, approved, f, taken] of rows)
      it(`${what}${taken ? '' : perOrder ? ', each by itself' : ', the whole request'} (${f})`, () => {
        const bed = new Testbed({ settings: { builderRefusalPerOrder: perOrder } }, { 1: '100000', 9: '1000' });
        const builder = { address: addressOf(9), maxTenthsBp: approved ?? 0 };
        if (approved !== null) bed.world.control.setup([{ address: addressOf(1), credits: {}, builder }]);
        bed.block();
        const orders = [wireOrder({ p: '60000', s: '0.1' }), wireOrder({ p: '60001', s: '0.1' })];
        const answer = bed.act(addressOf(1), { type: 'order', orders, grouping: 'na', builder: { b: addressOf(9), f } });
        const each: Json = { error: `${text} asset=0` };
        if (taken) expect(statusesOf(answer)).toMatchObject([{ resting: {} }, { resting: {} }]);
        else if (perOrder) expect(statusesOf(answer)).toEqual([each, each]);
        else expect(answer).toEqual(refusal(text));
        expect(bed.info('openOrders', { user: addressOf(1) })).toHaveLength(taken ? 2 : 0);
      });
});

describe('the request budget of an address', () => {
  const spent = () => {
    const bed = new Testbed({ settings: { addressLimits: true } }, { 1: '1000', 2: '1000' });
    const orders = Array.from({ length: 1_000 }, () => ({ p: '1', s: '1' }));
    for (let batch = 0; batch < 10; batch += 1) bed.act(addressOf(1), orderAction(...orders));
    return bed;
  };
  const limits = (bed: Testbed) => bed.info('userRateLimit', { user: addressOf(1) });
  const tooMany = refusal(
    'Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0.0. Place taker orders to free up 1 request per USDC traded.',
  );

  it('is ten thousand, then one every ten seconds; what is refused costs nothing and restarts nothing', () => {
    const bed = spent();
    expect(limits(bed)).toEqual({ cumVlm: '0.0', nRequestsUsed: 10_000, nRequestsCap: 10_000, nRequestsSurplus: 0 });
    expect(bed.act(addressOf(1), NOOP)).toEqual(tooMany);
    bed.world.advanceTo(bed.world.now() + 5_000);
    expect(bed.act(addressOf(1), NOOP)).toEqual(tooMany);
    bed.world.advanceTo(bed.world.now() + 5_000);
    expect(bed.act(addressOf(1), NOOP)).toEqual(DONE);
    expect(bed.act(addressOf(1), NOOP)).toMatchObject({ status: 'err' });
    expect(bed.act(addressOf(2), NOOP)).toEqual(DONE);
    expect(limits(bed)).toMatchObject({ nRequestsUsed: 10_001 });
  });

  it('lets no batch through above it, however long it waits', () => {
    const bed = spent();
    bed.world.advanceTo(bed.world.now() + 60_000);
    expect(bed.act(addressOf(1), orderAction({ p: '60000', s: '0.001' }, { p: '60001', s: '0.001' }))).toEqual(
      refusal(tooMany.response.replace('10001', '10002')),
    );
    expect(statusesOf(bed.act(addressOf(1), orderAction({ p: '60000', s: '0.001' })))).toMatchObject([{ resting: {} }]);
  });

  it('is double for cancels', () => {
    const bed = spent();
    const cancels = Array.from({ length: 9_999 }, (_, o) => ({ a: 0, o }));
    expect(bed.act(addressOf(1), { type: 'cancel', cancels })).toMatchObject({ status: 'ok' });
    expect(bed.act(addressOf(1), { type: 'cancel', cancels: [{ a: 0, o: 1 }] })).toMatchObject({ status: 'ok' });
    expect(bed.act(addressOf(1), { type: 'cancel', cancels: [{ a: 0, o: 1 }] })).toMatchObject({ status: 'err' });
  });

  it('is five times the cost for what came too late', () => {
    const bed = new Testbed({}, { 1: '1000' });
    bed.act(addressOf(1), NOOP, bed.world.now(), bed.world.now());
    expect(limits(bed)).toMatchObject({ nRequestsUsed: 5 });
  });

  it('grows by what is bought, also for another', () => {
    const bed = new Testbed({}, { 1: '1000', 2: '1000' });
    expect(bed.act(addressOf(1), { type: 'reserveRequestWeight', weight: 100 })).toEqual(DONE);
    expect(limits(bed)).toMatchObject({ nRequestsUsed: 0, nRequestsSurplus: 99 });
    expect(bed.act(addressOf(2), { type: 'reserveRequestWeight', weight: 1_000, destination: addressOf(1) })).toEqual(DONE);
    expect(limits(bed)).toMatchObject({ nRequestsSurplus: 1_099 });
    expect(bed.info('clearinghouseState', { user: addressOf(1) })).toMatchObject({ withdrawable: '999.95' });
    expect(bed.act(addressOf(1), { type: 'reserveRequestWeight', weight: 10_000_000 })).toEqual(refusal('Insufficient balance for withdrawal.'));
  });
});
