import { present } from '@lockstep/kernel';
import type { WatchEvent } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../builders/testbed';
import { AGENT, BTC, HANDLE, lotsOf, OWNER, ordersOf, VenueStage } from './testing/venue-stage';

/** Nonces are near the venue's time. */
const nonceOf = (stage: VenueStage, no = 0): number => stage.time.now() + no;
const kinds = (events: readonly WatchEvent[]): string[] => events.map(({ kind }) => kind).filter((kind) => kind !== 'state');
const toldLots = (events: readonly WatchEvent[]): number[] => events.flatMap((event) => (event.kind === 'fills' ? event.fills.map(lotsOf) : []));

describe('an order at a simulated venue', () => {
  it('is handed over, fills, has its answer and is told to who watches', async () => {
    const stage = await VenueStage.open();
    stage.watch();
    await stage.run(500);
    const nonce = nonceOf(stage);
    expect(await stage.submit({ nonce, lots: 250 })).toEqual([`${nonce} filled 250`]);
    await stage.run(500);
    expect(stage.traffic).toEqual(expect.arrayContaining([`handed ${nonce}`, 'answered filled', 'user fills']));
    expect(stage.traffic.indexOf(`handed ${nonce}`)).toBeLessThan(stage.traffic.indexOf('answered filled'));
    expect(kinds(stage.events)).toEqual(['synced', 'fills']);
    const [told] = stage.events.flatMap((event) => (event.kind === 'fills' ? event.fills : []));
    expect(told).toMatchObject({ coin: 'BTC', side: 'buy', price: 10_010_000_000_000n, size: 250_000n, startPosition: 0n });
    const account = await stage.answer(stage.venue.truth.account(OWNER, ''));
    expect(account.ok && account.value.positions.map(({ coin, size }) => `${coin} ${size}`)).toEqual(['BTC 250000']);
  });

  it.each([
    ['beyond the book', { price: '99000' }, 'rejected ioc_no_match'],
    ['beside the grid', { price: '100100.37' }, 'rejected tick'],
    ['too small', { lots: 5 }, 'rejected min_notional'],
    ['larger than its margin', { lots: 4_900_000 }, 'rejected margin'],
    ['resting', { price: '99000', tif: 'gtc' }, 'resting'],
  ] as const)('%s ends as the venue says', async (_, wish, end) => {
    const stage = await VenueStage.open();
    const nonce = nonceOf(stage);
    expect(await stage.submit({ nonce, ...wish })).toEqual([`${nonce} ${end}`]);
  });

  it('whose answer is lost is unknown, though it filled; sent again, its nonce says that it arrived', async () => {
    const stage = await VenueStage.open();
    const nonce = nonceOf(stage);
    stage.faults.next('order', { backMs: null });
    const before = stage.time.monotonic();
    expect(await stage.submit({ nonce })).toEqual([`${nonce} unknown`]);
    expect(stage.time.monotonic() - before).toBeGreaterThanOrEqual(3_000);
    expect(stage.traffic).toContain('answered unknown');
    expect(await stage.submit({ nonce })).toEqual([`${nonce} rejected nonce_duplicate`]);
    expect(await stage.trueFills()).toEqual([100]);
  });

  it('that never arrives is unknown, and no order of the venue', async () => {
    const stage = await VenueStage.open();
    const nonce = nonceOf(stage);
    stage.faults.next('order', { thereMs: null });
    expect(await stage.submit({ nonce })).toEqual([`${nonce} unknown`]);
    expect(await stage.trueFills()).toEqual([]);
    expect(await stage.submit({ nonce })).toEqual([`${nonce} filled 100`]);
  });

  it('that is not taken is rejected at once', async () => {
    const stage = await VenueStage.open();
    const nonce = nonceOf(stage);
    stage.faults.next('order', { unsent: true });
    expect(await stage.submit({ nonce })).toEqual([`${nonce} rejected not_sent`]);
    expect(await stage.trueFills()).toEqual([]);
  });

  it('that arrives twice fills once and has one outcome', async () => {
    const stage = await VenueStage.open();
    const nonce = nonceOf(stage);
    stage.faults.next('order', { twice: true });
    expect(await stage.submit({ nonce })).toEqual([`${nonce} filled 100`]);
    await stage.run(2_000);
    expect(await stage.trueFills()).toEqual([100]);
    expect(stage.traffic.filter((text) => text.startsWith('answered'))).toEqual(['answered filled']);
  });

  it('whose nonce was used before is refused for that, which says nothing of what became of it', async () => {
    const stage = await VenueStage.open();
    const nonce = nonceOf(stage);
    await stage.submit({ nonce });
    expect(await stage.submit({ nonce })).toEqual([`${nonce} rejected nonce_duplicate`]);
    expect(stage.traffic.filter((text) => text.startsWith('answered'))).toEqual(['answered filled', 'answered unknown']);
  });

  it('of a process that died on the way is done, and nobody is told', async () => {
    const stage = await VenueStage.open();
    const ends: number[] = [];
    void stage.venue.orders.submit(ordersOf({ nonce: nonceOf(stage) }), { onOutcomes: ({ count }) => void ends.push(count) });
    stage.process.kill();
    await stage.run(5_000);
    expect([ends, stage.traffic.filter((text) => text.startsWith('answered'))]).toEqual([[], []]);
    expect(JSON.stringify(stage.world.info({ type: 'userFillsByTime', user: OWNER, startTime: 0 }).body)).toContain('"sz":"0.001"');
  });

  it('is withheld with all behind it once it shall not go on', async () => {
    const stage = await VenueStage.open(2);
    const withheld: number[] = [];
    const nonce = nonceOf(stage);
    let asked = 0;
    const report = await stage.answer(
      stage.venue.orders.submit(ordersOf(...[0, 1, 2, 3, 4].map((no) => ({ nonce: nonce + no }))), {
        onOutcomes: () => undefined,
        onWithheld: (rows) => void withheld.push(...rows),
        keepGoing: () => {
          asked += 1;
          return asked < 2;
        },
      }),
    );
    expect(withheld).toEqual([2, 3, 4]);
    expect(report.accepted).toBe(2);
    expect(stage.traffic.filter((text) => text.startsWith('handed'))).toEqual([`handed ${nonce}`, `handed ${nonce + 1}`]);
    expect(await stage.trueFills()).toEqual([100, 100]);
  });
});

describe('signers at a simulated venue', () => {
  it('are refused when the venue does not know them, and not sent at all when they were not loaded', async () => {
    const stage = await VenueStage.open();
    await stage.venue.orders.loadSigners([{ handle: 9, agentAddress: addressOf(999), privateKey: new Uint8Array(32).fill(1) }]);
    const nonce = nonceOf(stage);
    expect((await stage.submit({ nonce, signer: 9 }, { nonce: nonce + 1, signer: 7 })).sort()).toEqual([
      `${nonce} rejected unknown_signer`,
      `${nonce + 1} rejected not_sent`,
    ]);
    expect(stage.traffic.filter((text) => text.startsWith('handed'))).toEqual([`handed ${nonce}`]);
  });

  it('keep no key that was given, and are gone once they are dropped', async () => {
    const stage = await VenueStage.open();
    const privateKey = new Uint8Array(32).fill(7);
    await stage.venue.orders.loadSigners([{ handle: HANDLE, agentAddress: AGENT, privateKey }]);
    expect([...privateKey]).toEqual(Array.from({ length: 32 }, () => 0));
    await stage.venue.orders.dropSigners([HANDLE]);
    const nonce = nonceOf(stage);
    expect(await stage.submit({ nonce })).toEqual([`${nonce} rejected not_sent`]);
  });

  it('are renewed by what the wallet relays: the new agent signs, the old one no more', async () => {
    const stage = await VenueStage.open();
    const renewed = addressOf(102);
    const nonce = nonceOf(stage);
    const action = {
      type: 'approveAgent',
      signatureChainId: '0x66eee',
      hyperliquidChain: stage.world.testnet ? 'Testnet' : 'Mainnet',
      agentAddress: renewed,
      agentName: 'lockstep',
      nonce,
    };
    const relayed = stage.venue.orders.relay({ action, nonce, signature: { r: OWNER, s: '', v: 0 } });
    expect(await stage.answer(relayed)).toMatchObject({ kind: 'accepted' });
    const agents = await stage.answer(stage.venue.truth.agents(OWNER));
    expect(agents.ok && agents.value.map(({ name, address }) => `${name} ${address}`)).toEqual([`lockstep ${renewed}`]);
    expect(await stage.submit({ nonce: nonce + 1 })).toEqual([`${nonce + 1} rejected unknown_signer`]);
    await stage.venue.orders.loadSigners([{ handle: HANDLE, agentAddress: renewed, privateKey: new Uint8Array(32) }]);
    expect(await stage.submit({ nonce: nonce + 2 })).toEqual([`${nonce + 2} filled 100`]);
  });

  it('void a nonce, cancel an order and set a leverage', async () => {
    const stage = await VenueStage.open();
    const { orders } = stage.venue;
    const accounts = present(stage.venue.accounts, 'reads about accounts');
    const nonce = nonceOf(stage);
    expect(await stage.answer(orders.noop(HANDLE, nonce))).toMatchObject({ kind: 'accepted' });
    expect(await stage.submit({ nonce })).toEqual([`${nonce} rejected nonce_duplicate`]);
    expect(await stage.submit({ nonce: nonce + 1, price: '99000', tif: 'gtc' })).toEqual([`${nonce + 1} resting`]);
    const cloid = `0x${'0'.repeat(16)}${(nonce + 1).toString(16).padStart(16, '0')}`;
    expect(await stage.answer(orders.cancel(HANDLE, nonce + 2, BTC, cloid))).toMatchObject({ kind: 'accepted' });
    expect(await stage.answer(orders.cancel(HANDLE, nonce + 3, BTC, cloid))).toMatchObject({ kind: 'rejected', code: 'missing_order' });
    expect(await stage.answer(orders.updateLeverage(HANDLE, nonce + 4, BTC, 7, true))).toMatchObject({ kind: 'accepted' });
    expect(await stage.answer(accounts.leverage(OWNER, 'BTC'))).toEqual({ ok: true, value: { leverage: 7, cross: true } });
  });

  it('have no answer where one is lost, and reads are unreachable then', async () => {
    const stage = await VenueStage.open();
    stage.faults.next('action', { backMs: null });
    expect(await stage.answer(stage.venue.orders.noop(HANDLE, nonceOf(stage)))).toMatchObject({ kind: 'unknown' });
    stage.faults.next('read', { thereMs: null });
    expect(await stage.answer(stage.venue.truth.fills(OWNER, 0))).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  });
});

describe('watching an account of a simulated venue', () => {
  it('begins with its state and recent fills, and tells each later fill once, also one that comes twice', async () => {
    const stage = await VenueStage.open();
    await stage.ownTrade('0.001');
    stage.watch();
    await stage.run(500);
    stage.faults.next('fills', { twice: true });
    await stage.ownTrade('0.002');
    expect(kinds(stage.events)).toEqual(['synced', 'fills']);
    const [synced] = stage.events;
    expect(synced?.kind === 'synced' && synced.fills.map(lotsOf)).toEqual([100]);
    expect(toldLots(stage.events)).toEqual([200]);
  });

  it('that is cut tells so, and what was missed with the next state alone', async () => {
    const stage = await VenueStage.open();
    stage.watch();
    await stage.run(500);
    stage.faults.down = true;
    await stage.ownTrade('0.003');
    await stage.run(3_000);
    expect(kinds(stage.events)).toEqual(['synced', 'disconnected']);
    stage.faults.down = false;
    await stage.run(3_000);
    await stage.ownTrade('0.004');
    expect(kinds(stage.events)).toEqual(['synced', 'disconnected', 'connected', 'synced', 'fills']);
    const resync = present(stage.events.filter(({ kind }) => kind === 'synced').at(-1), 'the second state');
    expect(resync.kind === 'synced' && resync.fills.map(lotsOf)).toEqual([300]);
    expect(resync.kind === 'synced' && resync.states.map(({ positions }) => positions.map(({ size }) => size))).toEqual([[300_000n]]);
    expect(toldLots(stage.events)).toEqual([400]);
  });

  it.each([
    ['is over soon', 4_000, 'silent'],
    ['lasts', 14_000, 'cut'],
  ])('in silence that %s is made anew all the same', async (_, ms, reason) => {
    const stage = await VenueStage.open();
    stage.watch();
    await stage.run(500);
    stage.faults.silent = true;
    await stage.run(1_500);
    await stage.ownTrade('0.003');
    expect(kinds(stage.events)).toEqual(['synced']);
    await stage.run(ms);
    stage.faults.silent = false;
    await stage.run(4_000);
    expect(kinds(stage.events)).toEqual(['synced', 'disconnected', 'connected', 'synced']);
    expect(stage.events.find(({ kind }) => kind === 'disconnected')).toMatchObject({ reason });
    const resync = stage.events.filter(({ kind }) => kind === 'synced').at(-1);
    expect(resync?.kind === 'synced' && resync.fills.map(lotsOf)).toEqual([300]);
  });

  it('asks for a state again until it has one', async () => {
    const stage = await VenueStage.open();
    stage.faults.next('read', { backMs: null });
    stage.watch();
    await stage.run(3_500);
    expect(kinds(stage.events)).toEqual([]);
    await stage.run(2_000);
    expect(kinds(stage.events)).toEqual(['synced']);
  });
});

describe('marks and quotes of a simulated venue', () => {
  it('are told in turn, and not while streams are cut', async () => {
    const stage = await VenueStage.open();
    const told: string[] = [];
    stage.venue.watchMarks(
      [''],
      (updates) => void told.push(...updates.filter(({ coin }) => coin === 'BTC').map(({ markPrice }) => `mark ${markPrice}`)),
    );
    stage.venue.watchQuotes(({ coin, bid, ask }) => void told.push(`${coin} ${bid} ${ask}`)).follow(['BTC']);
    await stage.run(1_500);
    expect(told.sort()).toEqual(['BTC 9990000000000 10010000000000', 'mark 10000000000000']);
    stage.faults.down = true;
    await stage.run(3_000);
    expect(told.length).toBe(2);
    stage.faults.down = false;
    await stage.run(2_000);
    expect(told.length).toBeGreaterThan(2);
  });
});
