import { type GatewayRig, good } from '../testing/rig';
import { Pool } from './pool';
import type { Prepared } from './stage';

/** The operator: tenants of its own making, so that nobody else’s keys or limits change under a run. */
export class OperatorStage {
  readonly pool = new Pool();
  readonly key: string;
  private tenants = 0;
  private made = '';

  private constructor(private readonly rig: GatewayRig) {
    this.key = rig.operatorKey;
  }

  static async open(rig: GatewayRig): Promise<OperatorStage> {
    const stage = new OperatorStage(rig);
    stage.pool.add(await stage.tenant());
    return stage;
  }

  async prepare(operation: string): Promise<Prepared> {
    if (operation === 'operator.list' || operation === 'operator.create')
      return operation === 'operator.create' ? { body: { tier: 'starter', name: 'Fuzzed', time_zone: 'Europe/Berlin' } } : {};
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
      case 'operator.createKey':
        return { path: { id: await this.tenant() }, body: { name: 'Made', scopes: ['copies:read'], livemode: false } };
      case 'operatorLimits.patch':
        return { path, whole: true, body: { max_venue_leverage: 20 } };
      default:
        return { path };
    }
  }

  async after(_operation: string, body: unknown): Promise<void> {
    this.pool.take(body);
  }

  private async tenant(): Promise<string> {
    const made = good(await this.rig.operator('post', '/v1/operator/tenants', { name: 'Fuzzed', tier: 'scale' }));
    this.made = made.id;
    this.pool.add(made.id);
    return made.id;
  }
}
