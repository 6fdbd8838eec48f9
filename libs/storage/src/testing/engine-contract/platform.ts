import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import type { EnginePlatformUnit } from '../../engine-port';
import type { InstrumentRow } from '../../rows/platform';
import { address, type Bench, NETWORK, seatOf, VENUE } from './seat';

class Given extends Error {}

/** 8: markets, engines, switches and tenants. */
export function platformContract(bench: () => Bench): void {
  const run = <T>(work: (unit: EnginePlatformUnit) => Promise<T>): Promise<T> => bench().store.engine.platform(work);
  const watch = () => bench().store.operator((unit) => unit.inbox.watch(VENUE, NETWORK, address(bench())));
  const undone = (work: (unit: EnginePlatformUnit) => Promise<unknown>) =>
    expect(
      run(async (unit) => {
        await work(unit);
        throw new Given();
      }),
    ).rejects.toBeInstanceOf(Given);

  describe('8 the platform', () => {
    it('8.1 instruments are replaced by their coin, listed by it, and those not told stay', async () => {
      const network = `n${bench().next()}`;
      const row = (coin: string, over: Partial<InstrumentRow> = {}) => ({
        venue: VENUE,
        network,
        coin,
        dex: '',
        assetId: 1,
        szDecimals: 4,
        maxLeverage: 40,
        onlyIsolated: false,
        delisted: false,
        collateral: 'USDC',
        ...over,
      });
      const at = bench().clock.now();
      await undone((unit) => unit.markets.putInstruments([row('BTC')]));
      expect(await run((unit) => unit.markets.instruments(VENUE, network))).toEqual([]);
      await run((unit) => unit.markets.putInstruments([row('kPEPE'), row('SOL')]));
      bench().clock.set(at + 9);
      await run((unit) => unit.markets.putInstruments([row('SOL', { delisted: true }), row('BTC')]));
      await run((unit) => unit.markets.putInstruments([]));
      expect(await run((unit) => unit.markets.instruments(VENUE, network))).toEqual([
        { ...row('BTC'), updatedAt: at + 9 },
        { ...row('SOL', { delisted: true }), updatedAt: at + 9 },
        { ...row('kPEPE'), updatedAt: at },
      ]);
      expect(await run((unit) => unit.markets.instruments(VENUE, `${network}x`))).toEqual([]);
      await expect(run((unit) => unit.markets.putInstruments([row('ETH'), row('ETH')]))).rejects.toThrow();
    });

    it('8.9 the operator’s limits are listed by what they bind, each as it was put last', async () => {
      const target = `ten_${bench().next()}`;
      const put = (targetId: string, limits: object) =>
        bench().store.operator(async (unit) => {
          const before = await unit.limits.hold(targetId);
          await unit.limits.put(targetId, { limits, actor: 'operator:contract' });
          return before;
        });
      const all = async () => (await run((unit) => unit.limits.all())).filter(({ targetId }) => targetId === 'platform' || targetId === target);
      expect(await all()).toEqual([]);
      expect(await put(target, { max_venue_leverage: 5 })).toEqual({});
      expect(await put(target, { max_venue_leverage: 4 })).toEqual({ max_venue_leverage: 5 });
      await put('platform', {});
      const at = bench().clock.now();
      expect(await all()).toEqual([
        { targetId: 'platform', version: 2, limits: {}, actor: 'operator:contract', updatedAt: at },
        { targetId: target, version: 3, limits: { max_venue_leverage: 4 }, actor: 'operator:contract', updatedAt: at },
      ]);
    });

    it('8.2 a network is put once and replaced, and what is told of it stands on it', async () => {
      const network = `n${bench().next()}`;
      const at = bench().clock.now();
      const put = (url: string) => run((unit) => unit.markets.putNetwork({ venue: VENUE, network, environment: 'test', url }));
      await expect(run((unit) => unit.markets.putEgress(VENUE, network, {}))).rejects.toThrow();
      await expect(run((unit) => unit.detection.putStanding(VENUE, network, {}))).rejects.toThrow();
      await undone((unit) => unit.markets.putNetwork({ venue: VENUE, network, environment: 'test', url: 'z' }));
      expect(await run((unit) => unit.markets.networks.findOne({ venue: VENUE, network }))).toBeNull();
      await put('a');
      bench().clock.set(at + 4);
      await put('b');
      const unowned = { ownerTenantId: null, clockFrozen: false, clockRealAt: null, clockBusinessAt: null, closedAt: null };
      const expected = { venue: VENUE, network, environment: 'test', url: 'b', createdAt: at, ...unowned };
      expect(await run((unit) => unit.markets.networks.findOne({ venue: VENUE, network }))).toEqual(expected);
      expect(await run((unit) => unit.markets.networks.find({ network }))).toEqual([expected]);
      expect(await run((unit) => unit.markets.owned())).toEqual([]);
      await run(async ({ markets, detection }) => {
        for (const standing of [{ seats: 1 }, { seats: 2 }]) {
          await markets.putEgress(VENUE, network, standing);
          await detection.putStanding(VENUE, network, standing);
        }
        await markets.dropEgress(VENUE, network);
        await markets.dropEgress(VENUE, network);
      });
    });

    it('8.3 sights are of watched accounts', async () => {
      const { no } = await watch();
      const sight = { watchedNo: no, source: 'stream', seat: true, lastSeenAt: null } as const;
      await run((unit) => unit.detection.putSights([sight]));
      await run((unit) => unit.detection.putSights([{ ...sight, lastSeenAt: 5 }]));
      await run((unit) => unit.detection.putSights([]));
      await expect(run((unit) => unit.detection.putSights([{ ...sight, watchedNo: 999_999_999n }]))).rejects.toThrow();
    });

    it('8.4 engines take numbers of their own', async () => {
      const claim = (label: string) => run((unit) => unit.engines.claimInstance(label, 1_000));
      let lost = 0;
      await undone(async (unit) => {
        const claimed = await unit.engines.claimInstance('lost', 1_000);
        lost = claimed.ok ? claimed.value.no : 0;
      });
      const [one, two] = [await claim('one'), await claim('two')];
      const at = bench().clock.now();
      const term = one.ok ? one.value.term : 0;
      expect(term).toBeGreaterThan(0);
      expect(one).toEqual({ ok: true, value: { no: lost, label: 'one', startedAt: at, heartbeatAt: at, stoppedAt: null, term } });
      expect(two).toMatchObject({ ok: true, value: { no: lost + 1, label: 'two', term: term + 1 } });
      await run(async ({ engines }) => {
        await engines.heartbeat(lost);
        await engines.stopped(lost);
        await engines.stopped(65_000);
      });
      // A number that is free again is taken only when none is left.
      expect(await claim('three')).toMatchObject({ ok: true, value: { no: lost + 2 } });
    });

    it('8.5 a day has one seed, the first', async () => {
      const day = `2026-11-${String((bench().next() % 20) + 10)}`;
      const made = (byte: number) => ({ commitment: Buffer.from([byte]), seed: Buffer.from([byte, byte]) });
      await undone((unit) => unit.engines.dailySeed(day, made(1)));
      expect(await run((unit) => unit.engines.dailySeed(day, made(2)))).toEqual({ day, ...made(2), revealedAt: null });
      expect(await run((unit) => unit.engines.dailySeed(day, made(3)))).toEqual({ day, ...made(2), revealedAt: null });
    });

    it('8.6 switches that are on are listed by the time they were turned, of all tenants, and turned by their owner alone', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const at = bench().clock.now();
      const name = `kill_switch:${bench().next()}`;
      const platform = `kill_switch:${bench().next()}`;
      const by = { actor: 'key', reason: 'test' };
      const turn = (of: typeof seat, active: boolean) => bench().store.gateway(of.scope, (unit) => unit.killSwitches.turn(name, active, by));
      const set = (active: boolean) => bench().store.operator((unit) => unit.engines.setFlag(platform, active, { ...by, tenantId: null }));
      const active = async () => (await run((unit) => unit.engines.activeFlags())).filter((flag) => [name, platform].includes(flag.name));
      expect([await turn(seat, false), await set(false)]).toEqual([false, false]);
      expect([await turn(seat, true), await turn(seat, true), await turn(other, true), await turn(other, false)]).toEqual([
        true,
        false,
        false,
        false,
      ]);
      bench().clock.set(at + 1);
      expect([await set(true), await set(true)]).toEqual([true, false]);
      expect(await active()).toEqual([
        { name, tenantId: seat.scope.tenantId, environment: seat.scope.environment, active: true, ...by, updatedAt: at },
        { name: platform, tenantId: null, environment: null, active: true, ...by, updatedAt: at + 1 },
      ]);
      bench().clock.set(at + 2);
      expect([await turn(seat, false), await turn(seat, false), await turn(seat, true)]).toEqual([true, false, true]);
      expect((await active()).map((flag) => flag.name)).toEqual([platform, name]);
      expect([await set(false), await turn(seat, false)]).toEqual([true, true]);
      expect(await active()).toEqual([]);
    });

    it('8.6.1 what stops new risk of a scope is its own, its tenant’s and the platform’s, and a suspension', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const { tenantId, environment } = seat.scope;
      const second = scopeFromPlatformList(tenantId, environment === 'live' ? 'test' : 'live');
      const [own, ofTenant, platform] = ['a', 'b', 'c'].map((part) => `kill_switch:${bench().next()}${part}`) as [string, string, string];
      const by = { actor: 'key', reason: null };
      const inForce = (scope: typeof second) =>
        bench().store.engine.scoped(scope, async (unit) => {
          const { names, suspended } = await unit.killSwitches.inForce();
          return { names: names.filter((name) => [own, ofTenant, platform].includes(name)), suspended };
        });
      expect(await inForce(seat.scope)).toEqual({ names: [], suspended: false });
      await bench().store.gateway(seat.scope, (unit) => unit.killSwitches.turn(own, true, by));
      await bench().store.operator(async (unit) => {
        await unit.engines.setFlag(ofTenant, true, { ...by, tenantId });
        await unit.engines.setFlag(platform, true, { ...by, tenantId: null });
        await unit.tenants.update({ id: tenantId }, { status: 'suspended' });
      });
      expect(await inForce(seat.scope)).toEqual({ names: [own, ofTenant, platform].sort(), suspended: true });
      expect(await inForce(second)).toEqual({ names: [ofTenant, platform].sort(), suspended: true });
      expect(await inForce(other.scope)).toEqual({ names: [platform], suspended: false });
      await bench().store.gateway(seat.scope, (unit) => unit.killSwitches.turn(own, false, by));
      await bench().store.operator(async (unit) => {
        await unit.engines.setFlag(platform, false, { ...by, tenantId: null });
        await unit.tenants.update({ id: tenantId }, { status: 'active' });
      });
      expect(await inForce(seat.scope)).toEqual({ names: [ofTenant], suspended: false });
      await bench().store.operator((unit) => unit.engines.setFlag(ofTenant, false, { ...by, tenantId }));
    });

    it('8.7 tenants that are not closed, by id', async () => {
      const scopes = [await bench().store.tenant('A'), await bench().store.tenant('B')];
      const row = { tier: 'starter', timeZone: 'UTC', createdAt: 5, updatedAt: 5 };
      const add = (name: string, status: 'active' | 'suspended' | 'closed') =>
        bench().store.operator(async (unit) => {
          const id = bench().ids.next('tenant');
          await unit.tenants.insert({ ...row, id, name, status });
          return id;
        });
      const [suspended, closed] = [await add('S', 'suspended'), await add('C', 'closed')];
      const open = await run((unit) => unit.tenants.open());
      const ids = open.map(({ id }) => id);
      expect(ids).toEqual([...ids].sort());
      expect([...scopes.map(({ tenantId }) => tenantId), suspended].every((id) => ids.includes(id))).toBe(true);
      expect(ids).not.toContain(closed);
      expect(open.find(({ id }) => id === suspended)).toEqual({ ...row, id: suspended, name: 'S', status: 'suspended' });
    });

    it('8.7.1 a tenant that is suspended and released by the operator, as the engine reads it', async () => {
      const { tenantId: id } = await bench().store.tenant('A');
      const read = async () => (await run((unit) => unit.tenants.open())).find((row) => row.id === id)?.status;
      const set = (status: 'active' | 'suspended') =>
        bench().store.operator(async (unit) => [await unit.tenants.update({ id }, { status }), (await unit.tenants.findOne({ id }))?.status]);
      expect(await read()).toBe('active');
      expect(await set('suspended')).toEqual([1, 'suspended']);
      expect(await read()).toBe('suspended');
      expect(await set('active')).toEqual([1, 'active']);
      expect(await read()).toBe('active');
    });

    it('8.8 a platform unit that only reads is refused a write', async () => {
      const { no } = await watch();
      await expect(bench().store.engine.platform((unit) => unit.inbox.begin(no, 5), { readOnly: true })).rejects.toThrow();
      expect((await run((unit) => unit.inbox.watched())).find((row) => row.no === no)?.historyFromMs).toBeNull();
    });
  });
}
