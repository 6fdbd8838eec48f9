import type { TenantScope } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import {
  type ChainLimits,
  type CopySettings,
  decodeChainLimits,
  type EffectiveSettings,
  effectiveSettings,
  type InstrumentFilter,
  intersect,
  type LayerLimits,
  NO_EXPOSURE_LIMITS,
} from '@lockstep/roster';
import type { PlatformLimitsRow } from '@lockstep/storage';
import type { CopyRecord } from './registry';

/** Name of the operator's limits for everyone. */
const EVERYONE = 'platform';

/** What acts on a copy. */
interface InEffect extends Pick<EffectiveSettings, 'settings' | 'exposure' | 'impact'> {
  /** Instruments that the layers above the copy admit. */
  readonly policy: InstrumentFilter;
}

type Standing = ChainLimits | 'unreadable';
type Row = Pick<PlatformLimitsRow, 'targetId' | 'version' | 'limits'>;

/** Whom a copy belongs to, outwards. */
export interface ChainOf {
  readonly scope: TenantScope;
  readonly leaderId: string;
  readonly followerId: string;
}

/**
 * Limits of every layer above the copies, as last read. Limits that this version cannot read bind everything below them: it takes no new risk (`policy`),
 * because what they forbid is not known.
 */
export class LimitChain {
  private readonly platform = new Map<string, Standing>();
  private readonly scoped = new Map<string, Standing>();
  /** What the platform's limits were read from: they are read again and again, and seldom differ. */
  private platformVersions = '';

  /** Takes a scope's limits of one target; null: it has none. */
  take(scope: TenantScope, targetId: string, row: Row | null): void {
    const key = keyOf(scope, targetId);
    if (row === null) this.scoped.delete(key);
    else this.scoped.set(key, standingOf(row));
  }

  /** Takes the operator's limits, all of them. True when they differ from those before. */
  takePlatform(rows: readonly Row[]): boolean {
    const versions = rows.map(({ targetId, version }) => `${targetId} ${version}`).join();
    if (versions === this.platformVersions) return false;
    this.platformVersions = versions;
    this.platform.clear();
    for (const row of rows) this.platform.set(row.targetId, standingOf(row));
    return true;
  }

  /** A copy's settings under all layers, and the limits it shares with others; null when one of them cannot be read. */
  effective(own: CopySettings, { scope, leaderId, followerId }: ChainOf): InEffect | null {
    const layers: readonly (readonly [LayerLimits['layer'], Standing | undefined])[] = [
      ['platform', this.platform.get(EVERYONE)],
      ['platform', this.platform.get(scope.tenantId)],
      ['tenant', this.scoped.get(keyOf(scope, scope.tenantId))],
      ['leader', this.scoped.get(keyOf(scope, leaderId))],
      ['follower', this.scoped.get(keyOf(scope, followerId))],
    ];
    const chain: LayerLimits[] = [];
    for (const [layer, limits] of layers) {
      if (limits === 'unreadable') return null;
      if (limits !== undefined) chain.push({ layer, limits });
    }
    return chain.length === 0
      ? { settings: own, exposure: NO_EXPOSURE_LIMITS, impact: null, policy: ALL }
      : { ...effectiveSettings(own, chain), policy: policyOf(chain) };
  }
}

/** Puts what binds a copy now into its columns: limits act from the next decision and the next mark on, and no position changes by itself. */
export function putLimits(chain: LimitChain, copy: CopyRecord): void {
  const { book } = copy.watched;
  const effective = chain.effective(copy.ownSettings, { ...copy.group, followerId: copy.followerId });
  copy.settings = effective?.settings ?? copy.ownSettings;
  book.setSettings(copy.row, copy.settings, copy.settingsVersion);
  book.setPolicy(copy.row, effective?.policy ?? ALL);
  book.setExposure(copy.row, effective?.exposure ?? NO_EXPOSURE_LIMITS);
  book.setImpact(copy.row, effective?.impact ?? null);
  book.setStatus(copy.row, STATUS.policyBlocked, effective === null);
}

const ALL: InstrumentFilter = { kind: 'all' };
const policyOf = (chain: readonly LayerLimits[]): InstrumentFilter =>
  chain.reduce<InstrumentFilter>((filter, { limits }) => intersect(filter, limits.instruments), ALL);

const keyOf = ({ tenantId, environment }: TenantScope, targetId: string): string => `${tenantId}|${environment}|${targetId}`;

function standingOf({ limits }: Row): Standing {
  const decoded = decodeChainLimits(limits);
  return decoded.ok ? decoded.value : 'unreadable';
}
