import { archiveAsBackoffice, leavingTenant, suspendedTenant } from '../testing/offboarding-work';
import { type GatewayRig, good } from '../testing/rig';
import { Pool } from './pool';
import type { Prepared } from './stage';

/** The operator: tenants of its own making, so that nobody else’s keys or limits change under a run. */
export class OperatorStage {
  readonly pool = new Pool();
  readonly key: string;
  private tenants = 0;
  private made = '';
  private tiers = 0;

  private constructor(private readonly rig: GatewayRig) {
    this.key = rig.operatorKey;
  }

  static async open(rig: GatewayRig): Promise<OperatorStage> {
    const stage = new OperatorStage(rig);
    stage.pool.add(await stage.tenant());
    return stage;
  }

  async prepare(operation: string): Promise<Prepared> {
    if (operation.startsWith('operatorTiers.')) return this.tierOf(operation);
    if (operation.startsWith('operatorKeys.')) return this.keyOf(operation);
    if (operation === 'operator.list' || operation === 'operator.create')
      return operation === 'operator.create' ? { body: { tier: 'starter', name: 'Fuzzed', time_zone: 'Europe/Berlin', host: undefined } } : {};
    const path = {
      id: this.tenants % 2 === 0 ? await this.tenant() : this.made,
    };
    this.tenants += 1;
    switch (operation) {
      case 'operator.patch':
        return {
          path,
          body: {
            operator_share: '0.25',
            operator_builder_address: undefined,
            tier: undefined,
            status: undefined,
            time_zone: undefined,
            effective_at: undefined,
          },
        };
      case 'operatorOffboarding.begin':
        return { path: { id: (await suspendedTenant(this.rig)).id }, body: { waiting_days: 7 } };
      case 'operatorOffboarding.get':
      case 'operatorOffboarding.cancel':
        return { path: { id: (await leavingTenant(this.rig)).id } };
      case 'operatorOffboarding.file': {
        const leaver = await leavingTenant(this.rig);
        return { path: { id: leaver.id, file: await archiveAsBackoffice(this.rig, leaver) } };
      }
      case 'operator.createKey':
        return { path: { id: await this.tenant() }, whole: true, body: { name: 'Made', scopes: ['copies:read'], livemode: false } };
      case 'operatorLimits.patch':
        return { path, whole: true, body: { max_venue_leverage: 20 } };
      case 'operatorDomains.add':
        return { path: { id: await this.tenant() }, body: { host: `h${this.tenants}.brand.example` } };
      case 'operatorDomains.remove':
        return { path: { ...path, host: await this.spareHost(path.id) } };
      case 'operatorBranding.get':
        return { path: { ...path, environment: 'live' } };
      case 'operatorBranding.patch':
        return { path: { ...path, environment: 'test' }, whole: true, body: { name: 'Fuzzed', header_prefix: 'Fuzzed' } };
      default:
        return { path };
    }
  }

  async after(_operation: string, body: unknown): Promise<void> {
    this.pool.take(body);
  }

  private async keyOf(operation: string): Promise<Prepared> {
    const order = { name: 'Fuzzed', role: 'support' };
    if (operation === 'operatorKeys.list') return {};
    if (operation === 'operatorKeys.create') return { whole: true, body: order };
    return { path: { kid: good(await this.rig.operator('post', '/v1/operator/keys', order)).kid } };
  }

  /** A tier of the run's own, with the limits of one that ships. */
  private async tierOf(operation: string): Promise<Prepared> {
    if (operation === 'operatorTiers.list') return {};
    const { requests, concurrency, quotas } = good(await this.rig.operator('get', '/v1/operator/tiers/starter'));
    this.tiers += 1;
    const tier = { name: `fuzzed-${this.tiers}`, requests, concurrency, quotas };
    if (operation === 'operatorTiers.create') return { whole: true, body: tier };
    const path = { name: good(await this.rig.operator('post', '/v1/operator/tiers', tier)).name };
    return operation === 'operatorTiers.patch' ? { path, whole: true, body: { concurrency: 30 } } : { path };
  }

  private async spareHost(tenant: string): Promise<string> {
    const host = `r${this.tenants}.brand.example`;
    good(await this.rig.operator('post', `/v1/operator/tenants/${tenant}/domains`, { host }));
    return host;
  }

  private async tenant(): Promise<string> {
    const made = good(await this.rig.operator('post', '/v1/operator/tenants', { name: 'Fuzzed', tier: 'scale' }));
    this.made = made.id;
    this.pool.add(made.id);
    return made.id;
  }
}
