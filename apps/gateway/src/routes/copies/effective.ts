import { unwrap } from '@lockstep/kernel';
import {
  CHOICE_NAMES,
  type ChainLimitsJson,
  type CopySettings,
  decodeChainLimits,
  type EffectiveSettings,
  effectiveSettings,
  encodeChainLimits,
  LAYERS,
  type LayerLimits,
  LIMIT_NAMES,
  NO_CHAIN_LIMITS,
} from '@lockstep/roster';
import type { PlatformLimitsRow, RiskLimitsRow, ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../../http/documented';

/** Whose limits bind a copy. */
export interface BoundBy {
  readonly leaderId: string;
  readonly followerId: string | null;
}

/** Where a limit in effect comes from. */
export const limitSourceSchema = named(
  'LimitSource',
  z
    .object({
      limit: z.enum(LIMIT_NAMES).describe('The setting, by its name in `settings`.'),
      from: z
        .array(z.enum(LAYERS))
        .describe('The layer that set the value in effect; every one that narrows it for `instruments`; none where nothing bounds it.'),
    })
    .describe('Where a limit in effect comes from.'),
);
/** Where a choice in effect comes from. */
export const choiceSourceSchema = named(
  'ChoiceSource',
  z
    .object({
      choice: z.enum(CHOICE_NAMES).describe('The setting, by its name in `settings`.'),
      from: z.enum(LAYERS).nullable().describe('The layer whose word acts; null: nobody says, it is the default.'),
      locked: z.boolean().describe('Whether that layer fixes it: nothing nearer to the copy overrides it.'),
    })
    .describe('Where a choice in effect comes from.'),
);
export type ChoiceSourceBody = z.output<typeof choiceSourceSchema>;
export type LimitSourceBody = z.output<typeof limitSourceSchema>;

const limitsOf = (row: Pick<PlatformLimitsRow, 'limits'>) => unwrap(decodeChainLimits(row.limits), 'stored limits');

/** Limits that stand above copies. */
export interface LimitsAbove {
  readonly platformLimits: readonly PlatformLimitsRow[];
  readonly riskLimits: readonly RiskLimitsRow[];
}

/** Limits above copies, read in two statements however many copies there are: for each its settings in effect, with where each limit comes from. */
export async function effectiveFor(
  unit: ScopedUnit,
  copies: readonly BoundBy[],
): Promise<(settings: CopySettings, copy: BoundBy) => EffectiveSettings> {
  const { tenantId } = unit.scope;
  const targets = copies.flatMap(({ leaderId, followerId }) => (followerId === null ? [leaderId] : [leaderId, followerId]));
  const [platformLimits, riskLimits] = await Promise.all([
    unit.platformLimits.of(['platform', tenantId]),
    unit.riskLimits.of([tenantId, ...targets]),
  ]);
  return effectiveUnder({ platformLimits, riskLimits }, tenantId);
}

/** The settings in effect under limits that were read. */
export function effectiveUnder(
  { platformLimits, riskLimits }: LimitsAbove,
  tenantId: string,
): (settings: CopySettings, copy: BoundBy) => EffectiveSettings {
  const platform = platformLimits.map((row): LayerLimits => ({ layer: 'platform', limits: limitsOf(row) }));
  const byTarget = new Map(riskLimits.map((row) => [row.targetId, limitsOf(row)]));
  const layer = (name: LayerLimits['layer'], id: string | null): readonly LayerLimits[] => {
    const limits = id === null ? undefined : byTarget.get(id);
    return limits === undefined ? [] : [{ layer: name, limits }];
  };
  return (settings, { leaderId, followerId }) =>
    effectiveSettings(settings, [...platform, ...layer('tenant', tenantId), ...layer('leader', leaderId), ...layer('follower', followerId)]);
}

/** Limits in effect that the copy shares with others. */
export const exposureBody = ({ exposure }: EffectiveSettings): ChainLimitsJson['exposure'] =>
  encodeChainLimits({ ...NO_CHAIN_LIMITS, exposure }).exposure;

/** How entries of large waves are spread for the copy; null: they leave whole. */
export const impactBody = ({ impact }: EffectiveSettings): ChainLimitsJson['impact'] => encodeChainLimits({ ...NO_CHAIN_LIMITS, impact }).impact;

/** Sources of all limits, in their order. */
export const sourcesBody = ({ sources }: EffectiveSettings): LimitSourceBody[] => LIMIT_NAMES.map((limit) => ({ limit, from: [...sources[limit]] }));

/** Sources of all choices, in their order. */
export const choicesBody = ({ choices }: EffectiveSettings): ChoiceSourceBody[] =>
  CHOICE_NAMES.map((choice) => ({ choice, from: choices[choice].layer, locked: choices[choice].locked }));
