import { err, ok, type Result } from '@lockstep/kernel';
import {
  CHOICE_NAMES,
  type CopySettingsJson,
  DIRECTIONS,
  decodeCopySettings,
  defaultCopySettings,
  encodeCopySettings,
  FOLLOWS,
  ON_BREACH,
  POLICIES,
  STATE_ACTIONS,
} from '@lockstep/roster';
import { z } from 'zod';
import type { Refusal } from '../../http/problem-exception';

const decimal = z.string().max(40);
const coins = z.array(z.string().max(40)).max(500);

/** A settings draft: every part may be left out and then stays as it was, or takes its default in a new copy. */
export const settingsDraft = z
  .strictObject({
    mode: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('fixed_ratio'), ratio: decimal }),
        z.strictObject({
          kind: z.literal('proportional'),
          multiplier: decimal,
          compounding: z.enum(['reinvest', 'fixed_nominal']).default('reinvest'),
        }),
        z.strictObject({ kind: z.literal('fixed_amount'), amount: decimal, max_adds: z.int().nullable().default(null) }),
        z.strictObject({
          kind: z.literal('risk_normalised'),
          multiplier: decimal.default('1'),
          target_volatility: decimal,
          scale_least: decimal.default('0.25'),
          scale_most: decimal.default('2'),
        }),
      ])
      .optional(),
    policy: z.enum(POLICIES).optional(),
    direction: z.enum(DIRECTIONS).optional(),
    follow: z.enum(FOLLOWS).optional(),
    start: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('next_open') }),
        z.strictObject({ kind: z.literal('adopt'), band: decimal.nullable().default(null) }),
      ])
      .optional(),
    instruments: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('all') }),
        z.strictObject({ kind: z.literal('only'), coins }),
        z.strictObject({ kind: z.literal('except'), coins }),
      ])
      .optional(),
    caps: z
      .strictObject({
        max_position_size: decimal.nullable().optional(),
        max_position_notional: decimal.nullable().optional(),
        max_position_share: decimal.nullable().optional(),
        max_leverage: decimal.nullable().optional(),
        max_gross_exposure: decimal.nullable().optional(),
        min_liquidation_distance: decimal.nullable().optional(),
      })
      .optional(),
    slippage: z.strictObject({ entry_bound: decimal.optional(), exit_bound: decimal.optional(), on_breach: z.enum(ON_BREACH).optional() }).optional(),
    breaker: z
      .strictObject({
        from_start: decimal.nullable().optional(),
        trailing: decimal.nullable().optional(),
        daily: decimal.nullable().optional(),
        loss_money: decimal.nullable().optional(),
        alert_at: decimal.nullable().optional(),
        halt_new_at: decimal.nullable().optional(),
        close_after_marks: z.int().optional(),
        protective_stop: z.boolean().optional(),
      })
      .optional(),
    state_limits: z
      .strictObject({
        position_notional: z.enum(STATE_ACTIONS).optional(),
        position_share: z.enum(STATE_ACTIONS).optional(),
        leverage: z.enum(STATE_ACTIONS).optional(),
        gross_exposure: z.enum(STATE_ACTIONS).optional(),
        liquidation_distance: z.enum(STATE_ACTIONS).optional(),
      })
      .optional(),
    max_age_ms: z.int().optional(),
    catch_up_ms: z.int().optional(),
    venue_leverage: z.int().optional(),
    approve_within_ms: z.int().nullable().optional(),
    inherit: z
      .array(z.enum(CHOICE_NAMES))
      .max(CHOICE_NAMES.length)
      .optional()
      .describe('Choices that are left to the layers above from now on; one that is named beside stays the copy’s own.'),
  })
  .meta({ id: 'CopySettingsDraft' });
export type SettingsDraft = z.output<typeof settingsDraft>;

/** What a new copy does not say is left to the layers above, and is the default where they say nothing. */
export const DEFAULT_SETTINGS: CopySettingsJson = { ...encodeCopySettings(defaultCopySettings()), inherits: CHOICE_NAMES };

/** The draft laid over a base, validated as a whole; every fault named by its field. */
export function mergeSettings(base: CopySettingsJson, draft: SettingsDraft): Result<CopySettingsJson, Refusal> {
  const { inherit, ...said } = draft;
  const merged = {
    ...base,
    ...said,
    inherits: inheritsAfter(base.inherits, said, inherit ?? []),
    caps: { ...base.caps, ...draft.caps },
    slippage: { ...base.slippage, ...draft.slippage },
    breaker: { ...base.breaker, ...draft.breaker },
    state_limits: { ...base.state_limits, ...draft.state_limits },
  };
  const decoded = decodeCopySettings(JSON.parse(JSON.stringify(merged)));
  if (decoded.ok) return ok(encodeCopySettings(decoded.value));
  const errors = decoded.error.map(({ field, code }) => ({
    pointer: `/settings/${field.replaceAll('.', '/')}`,
    code,
    detail: `${field}: ${code.replaceAll('_', ' ')}`,
  }));
  return err({ code: 'invalid_request', errors });
}

/** Choices that are left to others: those that were, and those that are given back, but for what the draft says itself. */
function inheritsAfter(before: readonly string[], said: Omit<SettingsDraft, 'inherit'>, given: readonly string[]): readonly string[] {
  const isSaid = (name: string): boolean => {
    const [part = '', member] = name.split('.');
    const value: unknown = Reflect.get(said, part);
    return value !== undefined && (member === undefined || Reflect.get(Object(value), member) !== undefined);
  };
  return CHOICE_NAMES.filter((name) => (before.includes(name) || given.includes(name)) && !isSaid(name));
}

/** Names of the settings that differ, for the event and the audit line. */
export function changedSettings(before: CopySettingsJson, after: CopySettingsJson): readonly string[] {
  const names = Object.keys(after) as (keyof CopySettingsJson)[];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}
