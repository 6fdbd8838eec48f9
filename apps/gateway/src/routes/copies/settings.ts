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
  SETTINGS_BOUNDS,
  STATE_ACTIONS,
} from '@lockstep/roster';
import { z } from 'zod';
import { boundedInt, quantityField, rateField } from '../../http/fields';
import type { Refusal } from '../../http/problem-exception';

const coins = z.array(z.string().max(40)).max(500);

/** A settings draft: every part may be left out and then stays as it was, or takes its default in a new copy. */
export const settingsDraft = z
  .strictObject({
    mode: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('fixed_ratio'), ratio: rateField }),
        z.strictObject({
          kind: z.literal('proportional'),
          multiplier: rateField,
          compounding: z.enum(['reinvest', 'fixed_nominal']).default('reinvest'),
        }),
        z.strictObject({
          kind: z.literal('fixed_amount'),
          amount: quantityField,
          max_adds: boundedInt(1, SETTINGS_BOUNDS.maxAddsMax).nullable().default(null),
        }),
        z.strictObject({
          kind: z.literal('risk_normalised'),
          multiplier: rateField.default('1'),
          target_volatility: rateField,
          scale_least: rateField.default('0.25'),
          scale_most: rateField.default('2'),
        }),
      ])
      .optional(),
    policy: z.enum(POLICIES).optional(),
    direction: z.enum(DIRECTIONS).optional(),
    follow: z.enum(FOLLOWS).optional(),
    start: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('next_open') }),
        z.strictObject({ kind: z.literal('adopt'), band: rateField.nullable().default(null) }),
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
        max_position_size: quantityField.nullable().optional(),
        max_position_notional: quantityField.nullable().optional(),
        max_position_share: rateField.nullable().optional(),
        max_leverage: rateField.nullable().optional(),
        max_gross_exposure: quantityField.nullable().optional(),
        min_liquidation_distance: rateField.nullable().optional(),
      })
      .optional(),
    slippage: z
      .strictObject({ entry_bound: rateField.optional(), exit_bound: rateField.optional(), on_breach: z.enum(ON_BREACH).optional() })
      .optional(),
    breaker: z
      .strictObject({
        from_start: rateField.nullable().optional(),
        trailing: rateField.nullable().optional(),
        daily: rateField.nullable().optional(),
        loss_money: quantityField.nullable().optional(),
        alert_at: rateField.nullable().optional(),
        halt_new_at: rateField.nullable().optional(),
        close_after_marks: boundedInt(1, SETTINGS_BOUNDS.closeAfterMarksMax).optional(),
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
    max_age_ms: boundedInt(SETTINGS_BOUNDS.maxAgeMinMs, SETTINGS_BOUNDS.maxAgeMaxMs).optional(),
    catch_up_ms: boundedInt(0, SETTINGS_BOUNDS.catchUpMaxMs).optional(),
    venue_leverage: boundedInt(1, SETTINGS_BOUNDS.venueLeverageMax).optional(),
    approve_within_ms: boundedInt(SETTINGS_BOUNDS.approveWithinMinMs, SETTINGS_BOUNDS.approveWithinMaxMs).nullable().optional(),
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
