import { decimalText, idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { err, formatMoney, money, ok, type Result, unwrap } from '@lockstep/kernel';
import {
  CHOICE_NAMES,
  type ChainLimitsJson,
  type ChoiceName,
  decodeChainLimits,
  EXPOSURE_LIMITS,
  encodeChainLimits,
  NO_CHAIN_LIMITS,
  ON_BREACH,
  SETTINGS_BOUNDS,
  STATE_ACTIONS,
} from '@lockstep/roster';
import type { PassedLimitRow, PlatformLimitsRow } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../../http/documented';
import { boundedInt, livemodeField, quantityField, rateField } from '../../http/fields';
import type { Refusal } from '../../http/problem-exception';

const limit = decimalText.nullable();
const coinList = z.array(z.string());

/** Limits that several copies share. */
export const exposureSchema = named(
  'ExposureLimits',
  z
    .object({
      max_follower_exposure: limit.describe('All positions of all copies of a follower together, in money.'),
      max_underlying_share: limit.describe(
        'The same per underlying, over all leaders and dexes, as a share of what all copies of the follower are worth: `xyz:BTC` and `BTC` are one underlying.',
      ),
      max_leader_exposure: limit.describe('All positions of all copies of a leader together, in money.'),
      alert_follower_exposure: limit.describe('The same as `max_follower_exposure`, told and not enforced.'),
      alert_underlying_share: limit.describe('The same as `max_underlying_share`, told and not enforced.'),
      alert_leader_exposure: limit.describe('The same as `max_leader_exposure`, told and not enforced.'),
    })
    .describe(
      'Limits that several copies share. What they ask for beyond a `max_` is cut by one factor for all of them, an `alert_` cuts nothing; what they hold beyond either is told as `exposure.passed`. Null is no limit of that kind.',
    ),
);

/** How waves are spread. */
export const impactSchema = named(
  'Impact',
  z
    .object({
      spread_above: decimalText.describe(
        'A wave is spread when its entries are larger than this share of what stands in the book inside the price bound.',
      ),
      participation: decimalText.describe('Share of that depth which one round of slices takes, unless more has to leave for all to leave in time.'),
      within_ms: z
        .int()
        .describe('Longest time from the leader’s fill to the last slice, inside each copy’s own catch-up window; 0: nothing is spread.'),
      jitter: decimalText.describe('Share by which the second between two rounds is drawn longer or shorter.'),
    })
    .describe('Entries of a wave that is large against the book leave in rounds of slices; exits never do.'),
);

const choiceOf = <Value extends z.ZodType>(value: Value) => z.object({ value, locked: z.boolean() }).optional();
const started = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('next_open') }),
  z.object({ kind: z.literal('adopt'), band: decimalText.nullable() }),
]);

/** Choices of one layer as they stand. */
const choicesSchema = named(
  'Choices',
  z
    .object({
      start: choiceOf(started),
      'slippage.entry_bound': choiceOf(decimalText),
      'slippage.exit_bound': choiceOf(decimalText),
      'slippage.on_breach': choiceOf(z.enum(ON_BREACH)),
      'breaker.alert_at': choiceOf(limit),
      'breaker.halt_new_at': choiceOf(limit),
      'breaker.close_after_marks': choiceOf(z.int()),
      'breaker.protective_stop': choiceOf(z.boolean()),
      'state_limits.position_notional': choiceOf(z.enum(STATE_ACTIONS)),
      'state_limits.position_share': choiceOf(z.enum(STATE_ACTIONS)),
      'state_limits.leverage': choiceOf(z.enum(STATE_ACTIONS)),
      'state_limits.gross_exposure': choiceOf(z.enum(STATE_ACTIONS)),
      'state_limits.liquidation_distance': choiceOf(z.enum(STATE_ACTIONS)),
      max_age_ms: choiceOf(z.int()),
      catch_up_ms: choiceOf(z.int()),
    } satisfies Readonly<Record<ChoiceName, z.ZodType>>)
    .describe(
      'Settings of the copies below, by their names in a copy’s `settings`: what they do unless something nearer to the copy says otherwise; with `locked` nothing does.',
    ),
);

/** Limits of one layer as they stand. */
const limitsSchema = named(
  'RiskLimits',
  z
    .object({
      caps: z
        .object({
          max_position_size: limit.describe('Largest position of any instrument, in its own units.'),
          max_position_notional: limit.describe('Largest position of any instrument, in money.'),
          max_position_share: limit.describe('Largest position as a share of copy equity, 1 is all of it.'),
          max_leverage: limit.describe('All positions together ÷ copy equity.'),
          max_gross_exposure: limit.describe('All positions together, in money.'),
          min_liquidation_distance: limit.describe(
            'Least distance of every liquidation price from the mark, as a share of the mark, after an increase; what a copy may use is its share of what the account holds in the clearinghouse of the instrument. 0: margin alone is judged.',
          ),
        })
        .describe('Limits on new risk of each copy; null is no limit of that kind.'),
      losses: z
        .object({
          from_start: limit.describe('Loss since the start, as a share, that closes a copy.'),
          trailing: limit.describe('Loss from its highest value, as a share.'),
          daily: limit.describe('Loss since the beginning of the brand’s day, as a share.'),
          loss_money: limit.describe('Loss since the start, in money.'),
        })
        .describe('Losses that close each copy, measured as the copy’s own `breaker` is; null is no limit of that kind.'),
      exposure: exposureSchema,
      instruments: z
        .discriminatedUnion('kind', [
          z.object({ kind: z.literal('all') }),
          z.object({ kind: z.literal('only'), coins: coinList }),
          z.object({ kind: z.literal('except'), coins: coinList }),
        ])
        .describe('Instruments that may be entered; what is held elsewhere is only reduced.'),
      max_venue_leverage: z.int().nullable().describe('Largest leverage set at the venue.'),
      approve_within_ms: z
        .int()
        .nullable()
        .describe(
          'Every increase waits for its follower’s approval, so long after the leader’s fill at most, in milliseconds: the least of all layers. Null: this layer asks for none.',
        ),
      impact: impactSchema
        .nullable()
        .describe(
          'How waves that are large against the book are spread: a choice, for which the layer nearest to the copy decides. Null: this layer does not say; where none does, waves leave whole.',
        ),
      choices: choicesSchema,
    })
    .describe('What one layer bounds for every copy below it. Each copy has the strictest of all layers and of its own settings.'),
);
type LimitsJsonBody = z.output<typeof limitsSchema>;

/** A limit that copies share and is told as passed. */
const passedSchema = named(
  'PassedLimit',
  z
    .object({
      limit: z.enum(EXPOSURE_LIMITS).describe('Which limit, by its name under `exposure`.'),
      of: z.string().describe('The follower or leader whose copies share it.'),
      underlying: z.string().nullable().describe('Of a share, what is held too much of; null of every other limit.'),
      threshold: decimalText.describe('The limit in money when it was told.'),
      measured: decimalText.describe('What all the copies held under it then, in money.'),
      passed_at: timeText.describe('When it was told.'),
    })
    .describe('A limit that copies share and hold too much under, as `exposure.passed` told it.'),
);

const standing = {
  limits: limitsSchema,
  actor: z.string().nullable().describe('Who changed them last: the API key’s id, or `operator:` and an operator key’s kid; null when nobody did.'),
  changed_at: timeText.nullable().describe('When they were changed last; null when they never were.'),
};
const LIMIT_TARGETS = ['tenant', 'leader', 'follower'] as const;
export type LimitTarget = (typeof LIMIT_TARGETS)[number];

/** A tenant's limits of one target. */
export const riskLimitsSchema = named(
  'TargetLimits',
  z
    .object({
      livemode: livemodeField,
      target: z.enum(LIMIT_TARGETS).describe('What they bind: every copy of the tenant in this environment, of the leader, or of the follower.'),
      target_id: z.string(),
      ...standing,
      passed: z
        .array(passedSchema)
        .describe(
          'Limits that copies share and that are told as passed and not as met again: of the leader or follower, or of every one of the tenant.',
        ),
    })
    .describe('Limits above the copies of a target.'),
);
export type RiskLimitsBody = z.output<typeof riskLimitsSchema>;

/** The operator's limits. */
export const operatorLimitsSchema = named(
  'OperatorLimits',
  z
    .object({
      tenant_id: idText('ten').nullable().describe('The tenant whose copies they bind in both environments; null: everybody’s.'),
      ...standing,
    })
    .describe('The operator’s limits above all copies, or those of a tenant.'),
);
export type OperatorLimitsBody = z.output<typeof operatorLimitsSchema>;

const amount = quantityField.nullable().optional();
const share = rateField.nullable().optional();
const coins = z.array(z.string().max(40)).max(500);
/** A change of limits: what is left out stays, null takes a limit away. */
export const limitsDraft = z.strictObject({
  caps: z
    .strictObject({
      max_position_size: amount,
      max_position_notional: amount,
      max_position_share: share,
      max_leverage: share,
      max_gross_exposure: amount,
      min_liquidation_distance: share,
    })
    .optional()
    .describe('Limits on new risk of each copy. What is left out stays, null takes a limit away.'),
  losses: z
    .strictObject({ from_start: share, trailing: share, daily: share, loss_money: amount })
    .optional()
    .describe('Losses that close each copy. What is left out stays, null takes a limit away.'),
  exposure: z
    .strictObject({
      max_follower_exposure: amount,
      max_underlying_share: share,
      max_leader_exposure: amount,
      alert_follower_exposure: amount,
      alert_underlying_share: share,
      alert_leader_exposure: amount,
    })
    .optional()
    .describe('Limits that several copies share. What is left out stays, null takes a limit away.'),
  instruments: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('all') }),
      z.strictObject({ kind: z.literal('only'), coins }),
      z.strictObject({ kind: z.literal('except'), coins }),
    ])
    .optional()
    .describe('Instruments that may be entered.'),
  approve_within_ms: boundedInt(SETTINGS_BOUNDS.approveWithinMinMs, SETTINGS_BOUNDS.approveWithinMaxMs)
    .nullable()
    .optional()
    .describe('Every increase waits for its follower’s approval, so long at most, in milliseconds; null takes the limit away.'),
  max_venue_leverage: boundedInt(1, SETTINGS_BOUNDS.venueLeverageMax)
    .nullable()
    .optional()
    .describe('Largest leverage set at the venue; null takes the limit away.'),
  impact: z
    .strictObject({
      spread_above: share,
      participation: share,
      within_ms: boundedInt(0, SETTINGS_BOUNDS.spreadWithinMaxMs).optional(),
      jitter: share,
    })
    .nullable()
    .optional()
    .describe('How large waves are spread. Figures left out stay, or are the defaults: 0.5, 0.2, 5000 ms and 0.3; null takes the layer’s word back.'),
  choices: z
    .partialRecord(z.enum(CHOICE_NAMES), z.strictObject({ value: z.unknown(), locked: z.boolean().default(false) }).nullable())
    .optional()
    .describe(
      'Choices for the copies below, as `{"catch_up_ms": {"value": 5000, "locked": true}}`. What is left out stays, null takes a choice back.',
    ),
});
export type LimitsDraft = z.output<typeof limitsDraft>;

const NONE = encodeChainLimits(NO_CHAIN_LIMITS);

/** Stored limits as JSON; no limits in place of unreadable ones would hide a defect, so it throws. */
export const limitsJson = (stored: unknown): ChainLimitsJson => encodeChainLimits(unwrap(decodeChainLimits(stored), 'stored limits'));

/** A change laid over the limits that stand, checked as a whole; every fault named by its field. */
export function changedLimits(stored: unknown, draft: LimitsDraft): Result<ChainLimitsJson, Refusal> {
  const base = stored === null ? NONE : limitsJson(stored);
  const merged = {
    ...base,
    ...draft,
    caps: { ...base.caps, ...draft.caps },
    losses: { ...base.losses, ...draft.losses },
    exposure: { ...base.exposure, ...draft.exposure },
    choices: Object.fromEntries(Object.entries({ ...base.choices, ...draft.choices }).filter(([, choice]) => choice !== null)),
    impact: draft.impact === undefined ? base.impact : draft.impact === null ? null : { ...base.impact, ...draft.impact },
  };
  const decoded = decodeChainLimits(JSON.parse(JSON.stringify(merged)));
  if (decoded.ok) return ok(encodeChainLimits(decoded.value));
  const errors = decoded.error.map(({ field, code }) => ({
    pointer: `/${field.replaceAll('.', '/')}`,
    code,
    detail: `${field}: ${code.replaceAll('_', ' ')}`,
  }));
  return err({ code: 'invalid_request', errors });
}

type Stands = Pick<PlatformLimitsRow, 'limits' | 'actor' | 'updatedAt'> | null;

function standingBody(stored: Stands) {
  // A row without an actor was put there to be held, and says that none were ever set.
  const row = stored?.actor === '' ? null : stored;
  const json = row === null ? NONE : limitsJson(row.limits);
  const { instruments } = json;
  const limits: LimitsJsonBody = {
    ...json,
    choices: choicesSchema.parse(json.choices),
    instruments: instruments.kind === 'all' ? instruments : { kind: instruments.kind, coins: [...instruments.coins] },
  };
  return { limits, actor: row?.actor ?? null, changed_at: row === null ? null : wireTime(row.updatedAt) };
}

export const riskLimitsBody = (
  environment: 'live' | 'test',
  target: { readonly kind: LimitTarget; readonly id: string },
  row: Stands,
  passed: readonly PassedLimitRow[],
): RiskLimitsBody => ({
  livemode: livemode(environment),
  target: target.kind,
  target_id: target.id,
  ...standingBody(row),
  passed: passed.filter(({ subjectId }) => target.kind === 'tenant' || subjectId === target.id).flatMap(passedBody),
});

function passedBody(row: PassedLimitRow): RiskLimitsBody['passed'] {
  const limit = EXPOSURE_LIMITS.find((name) => name === row.limitName);
  if (limit === undefined) return [];
  return [
    {
      limit,
      of: row.subjectId,
      underlying: row.underlying === '' ? null : row.underlying,
      threshold: formatMoney(money(row.threshold)),
      measured: formatMoney(money(row.measured)),
      passed_at: wireTime(row.passedAt),
    },
  ];
}

export const operatorLimitsBody = (tenantId: string | null, row: Stands): OperatorLimitsBody => ({ tenant_id: tenantId, ...standingBody(row) });
