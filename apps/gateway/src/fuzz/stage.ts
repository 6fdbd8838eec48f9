import type { Id, Random } from '@lockstep/kernel';
import { pngPicture } from '@lockstep/tenancy/testing/pictures';
import { closeAsBackoffice, manifestOf, renderAsBackoffice } from '../testing/backoffice-work';
import { askAsEngine, decideAsEngine, recordMovesAsEngine, setState, tellEgressAsEngine } from '../testing/engine-work';
import { freshAddress, makeObjects, type TenantObjects, tradeAsEngine } from '../testing/objects';
import { type GatewayRig, good, type Method, type RigTenant } from '../testing/rig';
import { endTasksAsBackoffice, openWorldAsBackoffice } from '../testing/sandbox-work';
import { Pool } from './pool';
import { oneOf } from './seeded';

/** What a request needs beyond its schema so that it is accepted: parts that take the place of what was drawn. */
export interface Prepared {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Members of the body; undefined leaves one out. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** True: the body has no other members. */
  readonly whole?: boolean;
}

const LOGO = { data: pngPicture(16, 16).toString('base64') };
const DAY_MS = 86_400_000;
const PERIOD_MS = 60_000;
const START = Date.UTC(2026, 0, 1);
const hoursAhead = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
const hex = (random: Random, bytes: number): string => Buffer.from(random.bytes(bytes)).toString('hex');

/**
 * A tenant with objects of every kind, made through the API; what an engine and a back office make of wishes is written as they write it. Its
 * {@link prepare} brings about what an operation asks for: a copy in the right state, a proposal that is open, a file that was rendered.
 */
export class FuzzStage {
  readonly pool = new Pool();
  get key(): string {
    return this.tenant.key;
  }

  private settledTo = START;
  private wave = '1';
  private asked = 0;
  private terms = { leader: '', copy: '', version: 1 };

  private constructor(
    readonly rig: GatewayRig,
    readonly tenant: RigTenant,
    private readonly random: Random,
    readonly objects: TenantObjects,
    /** Its brand's, which shows a logo. */
    readonly host: string,
  ) {}

  static async open(rig: GatewayRig, name: string, random: Random): Promise<FuzzStage> {
    const tenant = await rig.tenant(name);
    const objects = await makeObjects(rig, tenant);
    const host = `${hex(random, 8)}.brand.example`;
    good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/domains`, { host }));
    good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}/branding/live`, { logo: LOGO }));
    const stage = new FuzzStage(rig, tenant, random, objects, host);
    stage.pool.take([tenant.id, ...Object.values(objects)]);
    const traded = await tradeAsEngine(rig, tenant, objects, 5);
    stage.pool.take([...traded.orders, ...traded.fills]);
    stage.wave = await decideAsEngine(rig, tenant, objects);
    await recordMovesAsEngine(rig, tenant, objects.leader, [
      ['10', '100'],
      ['0', '110'],
    ]);
    await tellEgressAsEngine(rig);
    await stage.ask('post', '/v1/fee-schedules', { execution_markup_bps: '3', builder_address: freshAddress() });
    await stage.withTerms();
    await stage.settle();
    await stage.export();
    await stage.openSandbox();
    stage.pool.add(await askAsEngine(rig, tenant, objects));
    return stage;
  }

  /** What the operation needs to be accepted. */
  async prepare(operation: string): Promise<Prepared> {
    const recipe = this.recipes[operation];
    return recipe === undefined ? {} : recipe();
  }

  /** What follows an accepted request: the back office renders what was asked for, so that a plan's places come free again. */
  async after(operation: string, body: unknown): Promise<void> {
    this.pool.take(body);
    const id = typeof body === 'object' && body !== null ? String(Reflect.get(body, 'id')) : '';
    if (operation === 'settlements.close') await this.closed(id, body);
    if (operation === 'exports.create') await this.render(id).catch(() => undefined);
    // A fault that was drawn must not strike what is judged next.
    if (operation === 'sandboxFaults.create') await this.rig.call(this.tenant.key, 'delete', '/v1/sandbox/faults');
    if (operation.startsWith('sandbox')) await endTasksAsBackoffice(this.rig, this.tenant).catch(() => undefined);
    if (operation === 'leaderTerms.publish') this.terms.version = Math.max(this.terms.version, Number(Object(body).version));
    if (operation.startsWith('apiKeys.') && operation !== 'apiKeys.list' && operation !== 'apiKeys.revoke')
      await this.rig.call(this.tenant.key, 'post', `/v1/api-keys/${id}/revoke`);
  }

  private readonly recipes: Readonly<Record<string, () => Prepared | Promise<Prepared>>> = {
    'apiKeys.create': () => ({ whole: true, body: this.keyBody() }),
    'apiKeys.get': () => this.freshKey(),
    'apiKeys.rotate': async () => ({ ...(await this.freshKey()), body: { overlap_seconds: 60, expires_at: undefined } }),
    'apiKeys.revoke': () => this.freshKey(),
    'apiKeys.patch': async () => ({ ...(await this.freshKey()), whole: true, body: { name: 'Renamed' } }),
    'apiKeys.sign': async () => ({ ...(await this.freshKey()), body: { signed: 'everything' } }),
    'keyLeaks.report': () => ({ body: { key: `ctk_test_${hex(this.random, 20)}` } }),
    'branding.patch': () => ({ whole: true, body: this.branding() }),
    'tenant.closeAll': () => ({}),
    'tenant.instruments': () => ({ query: { network: 'sim', venue: 'hyperliquid' } }),
    'tenant.command': () => ({ path: { no: '1' } }),
    'leaders.create': () => ({ body: this.leaderBody() }),
    'leaders.get': () => ({ path: { id: this.objects.leader } }),
    'leaders.patch': async () => ({ path: { id: await this.leader() } }),
    'leaders.close': async () => ({ path: { id: await this.leader() } }),
    'leaders.closeAll': () => ({ path: { id: this.objects.leader } }),
    'followers.get': () => ({ path: { id: this.objects.follower } }),
    'followers.erase': async () => ({ path: { id: good(await this.rig.call(this.tenant.key, 'post', '/v1/followers', {})).id } }),
    'followers.closeAll': () => ({ path: { id: this.objects.follower } }),
    'venueAccounts.create': () => ({ body: this.accountBody() }),
    'venueAccounts.import': () => ({ body: { ...this.accountBody(), agent_private_key: `0x${hex(this.random, 32)}` } }),
    'venueAccounts.get': () => ({ path: { id: this.objects.venueAccount } }),
    'venueAccounts.approve': async () => ({ path: { id: await this.account() }, body: { signatures: this.signatures() } }),
    'venueAccounts.renew': async () => ({ path: { id: await this.account() } }),
    'preview.preview': () => ({ body: { leader_id: this.objects.leader, settings: this.settings(), allocation: '1000', fee: '0.0005' } }),
    'copies.create': async () => ({
      body: {
        leader_id: this.objects.leader,
        venue_account_id: await this.account(),
        allocation: '1000',
        settings: this.settings(),
        consent_version: undefined,
      },
    }),
    'copies.get': () => ({ path: { id: this.objects.copy } }),
    'copies.history': () => ({ path: { id: this.objects.copy } }),
    'copies.patch': async () => ({
      ...(await this.inState('active')),
      body: { settings: this.settings(), allocation: '1500', allocation_applies: oneOf(this.random, ['now', 'next_increase']) },
    }),
    'copies.pause': () => this.inState('active'),
    'copies.resume': () => this.inState('paused'),
    'copies.reEnable': () => this.inState('breaker_closed'),
    'copies.rebase': () => this.inState('active'),
    'copies.stop': async () => ({
      ...(await this.inState('active')),
      body:
        oneOf(this.random, [
          { mode: 'close_now', by: undefined },
          { mode: 'unwind_by', by: hoursAhead(5) },
        ]) ?? {},
    }),
    'entitlements.grant': () => ({ body: { ...this.pair(), until: oneOf(this.random, [undefined, hoursAhead(5)]) } }),
    'entitlements.get': () => this.entitlement(),
    'entitlements.revoke': () => this.entitlement(),
    'leaderTerms.publish': () => ({
      path: { id: this.terms.leader },
      body: { sha256: hex(this.random, 32), binding_from: undefined, document_url: 'https://brand.example/terms' },
    }),
    'leaderTerms.list': () => ({ path: { id: this.terms.leader } }),
    'consents.give': () => ({ path: { id: this.terms.copy }, body: { version: this.terms.version } }),
    'consents.list': () => ({ path: { id: this.terms.copy } }),
    'killSwitches.get': () => this.target(),
    'killSwitches.engage': () => this.target(),
    'killSwitches.release': () => this.target(),
    'limits.get': () => this.limited(),
    'limits.patch': () => ({
      ...this.limited(),
      whole: this.random.below(3) > 0,
      body:
        oneOf(this.random, [
          { caps: { max_leverage: '5' } },
          { losses: { daily: '0.2' } },
          { instruments: { kind: 'except', coins: ['DOGE'] } },
          {},
        ]) ?? {},
    }),
    'proposals.get': () => this.proposal(),
    'proposals.approve': async () => ({ ...(await this.proposal()), body: { size: '0.4' } }),
    'proposals.decline': () => this.proposal(),
    'receipts.list': () => ({ path: { id: this.objects.copy } }),
    'receipts.get': () => ({ path: { id: this.objects.copy, waveId: this.wave } }),
    'trading.positions': () => ({ query: { copy_id: this.objects.copy } }),
    'egress.get': () => ({ query: { network: 'sim' } }),
    'egress.forecast': () => ({
      body:
        oneOf(this.random, [
          { network: 'sim', orders: 1_000, reductions: 300, target_ms: 60_000, leader_id: undefined },
          { network: 'sim', leader_id: this.objects.leader, orders: undefined, reductions: undefined, target_ms: undefined },
        ]) ?? {},
    }),
    'fees.create': () => ({ body: { execution_markup_bps: '3', builder_address: freshAddress(), effective_at: undefined } }),
    'settlements.close': () => ({ body: this.nextPeriod() }),
    'settlements.get': () => this.kept('stl'),
    'settlements.manifest': () => this.kept('stl'),
    'settlements.file': () => this.kept('stl'),
    'exports.create': () => ({ body: { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' } }),
    'exports.manifest': () => this.rendered(),
    'exports.file': () => this.rendered(),
    'sandbox.credit': () => ({ body: { credits: [{ address: freshAddress(), amount: '100', dex: '' }] } }),
    'sandbox.trade': () => ({ body: { trades: [{ address: freshAddress(), coin: 'BTC', side: 'buy', size: '0.05', price: '66300' }] } }),
    'sandbox.task': () => this.kept('sbt'),
    'sandbox.markets': () => ({ query: { dex: '' } }),
    'sandbox.account': () => ({ query: { address: freshAddress(), dex: '' } }),
    'sandboxClock.advance': () => ({ body: { ms: 1_000 } }),
    'sandboxScenarios.play': () => ({ whole: true, body: { name: 'crash', params: { coin: 'BTC', percent: 10 } } }),
    'sandboxFaults.create': () => ({ whole: true, body: { ...this.harmlessFault(), probability: '0.5', seed: this.random.below(1_000) } }),
    'sandboxFaults.get': () => this.freshFault(),
    'sandboxFaults.remove': () => this.freshFault(),
    'problems.get': () => ({ path: { name: oneOf(this.random, ['not-found', 'invalid-key', 'rate-limited']) ?? '' } }),
  };

  private branding = () =>
    oneOf(this.random, [
      { name: 'Fuzzed', header_prefix: 'Fuzzed', logo: LOGO },
      { colors: { primary: '#1f3a5f', background: '#ffffff', text: '#000000' }, header_prefix: null, logo: LOGO },
      { colors: null, support_url: 'https://brand.example/help', support_email: 'help@brand.example', logo: LOGO },
    ]) ?? {};

  private lastExport = '';

  private rendered = (): Prepared => ({ path: { id: this.lastExport } });
  private kept = (kind: string): Prepared => ({ path: { id: this.pool.pick(kind, this.random) ?? '' } });
  private keyBody = () => ({ name: 'Made by a fuzzer', scopes: ['copies:read'] });
  private leaderBody = () => ({ network: 'sim', venue: 'hyperliquid', address: freshAddress() });
  private accountBody = () => ({
    follower_id: this.objects.follower,
    venue: 'hyperliquid',
    network: 'sim',
    address: freshAddress(),
    account_type: 'main',
    master_address: undefined,
  });
  private signatures = () => ['approve_agent', 'approve_builder_fee'].map((kind) => ({ kind, signature: `0x${hex(this.random, 64)}1b` }));
  private settings = () =>
    oneOf(this.random, [{}, { mode: { kind: 'fixed_ratio', ratio: '0.1' } }, { caps: { max_leverage: '3' } }, { catch_up_ms: 5_000 }]);
  private pair = () => ({ leader_id: this.objects.leader, follower_id: this.objects.follower });
  private target = (): Prepared => ({
    path: { id: oneOf(this.random, [this.tenant.id, this.objects.leader, this.objects.follower, this.objects.copy]) ?? '' },
  });
  private limited = (): Prepared => ({ path: { id: oneOf(this.random, [this.tenant.id, this.objects.leader, this.objects.follower]) ?? '' } });

  private nextPeriod() {
    return { from: new Date(this.settledTo).toISOString(), to: new Date(this.settledTo + PERIOD_MS).toISOString() };
  }

  private async ask(method: Method, path: string, body?: object) {
    const made = good(await this.rig.call(this.tenant.key, method, path, body));
    this.pool.take(made);
    return made;
  }

  private async freshKey(): Promise<Prepared> {
    return { path: { id: (await this.ask('post', '/v1/api-keys', this.keyBody())).id } };
  }

  /** Upgrades of streams are not fuzzed. */
  private harmlessFault = () => ({ kind: oneOf(this.random, ['too_many_requests', 'server_error', 'slow']) ?? 'slow', operation: 'stream.open' });

  private async freshFault(): Promise<Prepared> {
    await this.rig.call(this.tenant.key, 'delete', '/v1/sandbox/faults');
    return { path: { id: (await this.ask('post', '/v1/sandbox/faults', this.harmlessFault())).id } };
  }

  private async leader(): Promise<string> {
    return (await this.ask('post', '/v1/leaders', { name: 'Another', ...this.leaderBody() })).id;
  }

  private async account(): Promise<string> {
    return (await this.ask('post', '/v1/venue-accounts', this.accountBody())).id;
  }

  private async entitlement(): Promise<Prepared> {
    return { path: { id: (await this.ask('post', '/v1/entitlements', this.pair())).id } };
  }

  private async inState(state: string): Promise<Prepared> {
    await setState(this.rig, this.tenant, this.objects.copy, state);
    return { path: { id: this.objects.copy } };
  }

  private async proposal(): Promise<Prepared> {
    // One is open per copy and instrument.
    this.asked += 1;
    return { path: { id: await askAsEngine(this.rig, this.tenant, this.objects, { coin: `C${this.asked}` }) } };
  }

  private async withTerms(): Promise<void> {
    const leader = await this.leader();
    const venueAccount = await this.account();
    await this.ask('post', `/v1/leaders/${leader}/terms`, { document_url: 'https://brand.example/terms', sha256: '0'.repeat(64) });
    const copy = await this.ask('post', '/v1/copies', { leader_id: leader, venue_account_id: venueAccount, allocation: '1000', consent_version: 1 });
    this.terms = { leader, copy: copy.id, version: 1 };
  }

  private async openSandbox(): Promise<void> {
    await this.ask('post', '/v1/sandbox', {});
    await openWorldAsBackoffice(this.rig, this.tenant);
    this.pool.take(good(await this.rig.call(this.tenant.key, 'get', '/v1/sandbox/tasks')));
  }

  private async settle(): Promise<void> {
    const made = await this.ask('post', '/v1/settlements', this.nextPeriod());
    await this.closed(made.id, made);
  }

  /** A period follows the one before it, once that is closed. One that is asked for again is closed already. */
  private async closed(id: string, body: unknown): Promise<void> {
    await closeAsBackoffice(this.rig, this.tenant, id as Id<'settlement'>).catch(() => undefined);
    this.settledTo = Math.max(this.settledTo, Date.parse(String(Object(body).period_end ?? Object(body).to)) || 0);
  }

  private async export(): Promise<void> {
    const made = await this.ask('post', '/v1/exports', {
      kind: 'fills',
      from: new Date(START).toISOString(),
      to: new Date(START + DAY_MS).toISOString(),
    });
    await this.render(made.id);
  }

  private async render(id: string): Promise<void> {
    await renderAsBackoffice(this.rig, this.tenant, id as Id<'export'>, manifestOf(this.tenant, 'fills', 'fills_x.csv'));
    this.lastExport = id;
  }
}
