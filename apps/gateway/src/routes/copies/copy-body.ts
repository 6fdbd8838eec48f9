import { decimalText, idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { type CopyId, unwrap } from '@lockstep/kernel';
import {
  COPY_STATE_REASONS,
  COPY_STATES,
  type CopySettingsJson,
  DIRECTIONS,
  decodeCopySettings,
  encodeCopySettings,
  FOLLOWS,
  ON_BREACH,
  POLICIES,
  STATE_ACTIONS,
} from '@lockstep/roster';
import { bindingCopies, type CopyDetails, type CopyRow, type CopySettingsRow, detailsOfCopies, type ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { knownReason, livemodeField, moneyText, reasonField, timeOrNull } from '../../http/fields';
import type { RevisionOf } from '../../http/tags';
import { type CommandBody, commandOrNull, commandSchema } from '../commands/command-body';
import { exposureSchema, impactSchema } from '../limits/limits-body';
import { copyRightsSchema, rightsBody } from '../rights/copy-rights';
import { choiceSourceSchema, choicesBody, effectiveUnder, exposureBody, impactBody, limitSourceSchema, sourcesBody } from './effective';

const limit = decimalText.nullable();
/** Settings as they stand: every part is there. */
export const settingsSchema = named(
  'CopySettings',
  z
    .object({
      mode: z
        .discriminatedUnion('kind', [
          z.object({ kind: z.literal('fixed_ratio'), ratio: decimalText.describe('Follower size ÷ leader size.') }),
          z.object({
            kind: z.literal('proportional'),
            multiplier: decimalText.describe('Times copy equity ÷ leader equity.'),
            compounding: z.enum(['reinvest', 'fixed_nominal']),
          }),
          z.object({
            kind: z.literal('fixed_amount'),
            amount: decimalText.describe('Notional for each of the leader’s increasing orders, in money, at its first fill.'),
            max_adds: z.int().nullable().describe('Leader orders copied per episode at most; null is any number.'),
          }),
          z.object({
            kind: z.literal('risk_normalised'),
            multiplier: decimalText.describe('Times copy equity ÷ leader equity, times target volatility ÷ the leader’s.'),
            target_volatility: decimalText.describe('Volatility of a year aimed at, as a share of equity: 0.5 is 50 %.'),
            scale_least: decimalText.describe('Least ratio of volatilities that is used.'),
            scale_most: decimalText.describe('Largest ratio of volatilities that is used.'),
          }),
        ])
        .describe('How large a copy trades.'),
      policy: z
        .enum(POLICIES)
        .describe(
          '`positions`: the leader’s fills are copied. `orders`: his working limit, take-profit, stop-loss and trigger orders stand for the copy as well; needs a user-stream seat for the leader and a venue account of its own, and goes with neither `inverse`, `fixed_amount` nor a `follow` but `all`.',
        ),
      direction: z.enum(DIRECTIONS).describe('`inverse` takes the other side of everything. It can change only while the copy is flat.'),
      follow: z
        .enum(FOLLOWS)
        .describe(
          '`increases_only`: the leader’s reductions close nothing, the follower closes alone; once it is changed, what was kept where the leader is flat is closed. `decreases_only`: nothing new is entered.',
        ),
      start: z
        .discriminatedUnion('kind', [
          z.object({ kind: z.literal('next_open') }),
          z.object({
            kind: z.literal('adopt'),
            band: limit.describe('Largest distance of the mark from the leader’s own entry, as a share; null takes every position on.'),
          }),
        ])
        .describe('What a copy does at its beginning with positions the leader is in.'),
      instruments: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('all') }),
        z.object({ kind: z.literal('only'), coins: z.array(z.string()) }),
        z.object({ kind: z.literal('except'), coins: z.array(z.string()) }),
      ]),
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
        .describe('Limits on new risk; null is no limit of that kind.'),
      slippage: z.object({
        entry_bound: decimalText.describe('Largest distance of an entry from the leader’s price, as a share: 0.005 is 50 basis points.'),
        exit_bound: decimalText.describe('First distance of an exit from the book, as a share; it widens when an exit does not fill.'),
        on_breach: z
          .enum(ON_BREACH)
          .describe('`rest`: an entry that does not fill inside its bound stands there until its catch-up window ends. `reject`: it does not.'),
      }),
      breaker: z
        .object({
          from_start: limit.describe('Loss since the start, as a share, that closes the copy; null is off.'),
          trailing: limit.describe('Loss from its highest value, as a share.'),
          daily: limit.describe('Loss since the beginning of the brand’s day, as a share.'),
          loss_money: limit.describe('Loss since the start, in money.'),
          alert_at: limit.describe('Share of a limit at which it is told: 0.5 is half of it.'),
          halt_new_at: limit.describe('Share of a limit at which no new risk is taken any more.'),
          close_after_marks: z
            .int()
            .describe('New marks in a row that must show a limit met before everything is closed; new risk is halted by the first.'),
          protective_stop: z
            .boolean()
            .describe(
              'Whether a reduce-only stop rests at the venue where the first limit would be met, so that it holds while nothing here watches.',
            ),
        })
        .describe('Loss limits, on the copy’s value without money moved in or out.'),
      state_limits: z
        .object({
          position_notional: z.enum(STATE_ACTIONS),
          position_share: z.enum(STATE_ACTIONS),
          leverage: z.enum(STATE_ACTIONS),
          gross_exposure: z.enum(STATE_ACTIONS),
          liquidation_distance: z.enum(STATE_ACTIONS),
        })
        .describe(
          'What is done where a mark, funding or a withdrawal takes what is held beyond a limit of `caps`: `alert` tells it, `trim` reduces to 5 % below it (of `liquidation_distance`: until it is 5 % above its floor), `close` closes what passed it and waits for the next open.',
        ),
      max_age_ms: z.int().describe('Oldest leader fill an entry may follow, in milliseconds.'),
      catch_up_ms: z.int().describe('How long a failed entry may be caught up, in milliseconds.'),
      venue_leverage: z.int().describe('Leverage set at the venue for the copied instruments.'),
      inherits: z
        .array(z.string())
        .describe('Choices that are left to the layers above: where one of them says otherwise, what stands here does not act.'),
      approve_within_ms: z
        .int()
        .nullable()
        .describe(
          'Every increase waits for the follower’s approval, so long after the leader’s fill at most, in milliseconds; null: it leaves by itself.',
        ),
    })
    .describe('The terms of a copy. A change makes a new version.'),
);
/** Names its type by the codec: the two cannot drift apart. */
export type SettingsBody = z.output<typeof settingsSchema>;

/** Settings in effect. */
const effectiveSchema = named(
  'EffectiveSettings',
  z
    .object({
      settings: settingsSchema,
      exposure: exposureSchema,
      impact: impactSchema.nullable().describe('How entries of large waves are spread; null: waves leave whole.'),
      sources: z.array(limitSourceSchema).describe('Where each limit comes from.'),
      choices: z.array(choiceSourceSchema).describe('Where each choice comes from; everything else is the copy’s own.'),
    })
    .describe('Settings under all limits: the strictest of each, instruments that every layer admits.'),
);

/** Follower × leader with an allocation. */
export const copySchema = named(
  'Copy',
  z
    .object({
      id: idText('cpy'),
      livemode: livemodeField,
      leader_id: idText('ldr'),
      follower_id: idText('flw'),
      venue_account_id: idText('vac'),
      allocation: decimalText.describe('Money the copy is sized on, in the account’s currency.'),
      state: z.enum(COPY_STATES),
      state_reason: reasonField(COPY_STATE_REASONS).nullable().describe('Why it is in its state.'),
      settings_version: z.int().min(1),
      settings: settingsSchema,
      effective: effectiveSchema,
      rights: copyRightsSchema,
      equity: decimalText.nullable().describe('Allocation plus net profit, in money, as last valued; null before the first valuation.'),
      net_pnl: decimalText.nullable().describe('Profit after fees and funding, in money.'),
      command: commandSchema.nullable().describe('The newest wish about this copy.'),
      created_at: timeText,
      updated_at: timeText,
      started_at: timeText.nullable(),
      stopped_at: timeText.nullable(),
      unwind_by: timeText.nullable().describe('When everything must be closed, of a copy stopped with `unwind_by`.'),
    })
    .describe('A follower copies a leader.'),
);
export const copyListSchema = listOf('CopyList', copySchema);
export type CopyBody = z.output<typeof copySchema>;
/** What callers change of a copy. */
export const copyRevision: RevisionOf<CopyBody> = ({ settings_version, allocation }) => [settings_version, allocation];

/** One version of a copy's settings. */
export const settingsVersionSchema = named(
  'CopySettingsVersion',
  z.object({
    version: z.int().min(1),
    settings: settingsSchema,
    actor: z.string().describe('The API key that made it.'),
    effective_from: timeText,
  }),
);
export const settingsVersionListSchema = listOf('CopySettingsVersionList', settingsVersionSchema);

const stateSchema = z.enum(COPY_STATES);

/** Stored settings as JSON; the defaults when a row is unreadable would hide a defect, so it throws. */
export const settingsJson = (stored: unknown): CopySettingsJson => encodeCopySettings(unwrap(decodeCopySettings(stored), 'stored settings'));

export function settingsBody(json: CopySettingsJson): SettingsBody {
  const { instruments } = json;
  return {
    ...json,
    inherits: [...json.inherits],
    instruments: instruments.kind === 'all' ? instruments : { kind: instruments.kind, coins: [...instruments.coins] },
  };
}

export const settingsVersionBody = (row: CopySettingsRow): z.output<typeof settingsVersionSchema> => ({
  version: row.version,
  settings: settingsBody(settingsJson(row.settings)),
  actor: row.actor,
  effective_from: wireTime(row.effectiveFrom),
});

/**
 * Presents the copies with these ids, with their settings, limits, rights, equity and newest command; those that are not there are absent. Four statements,
 * and one for a test clock, however many copies, asked at once.
 */
export async function presentCopies(unit: ScopedUnit, ids: readonly string[]): Promise<ReadonlyMap<string, CopyBody>> {
  if (ids.length === 0) return new Map();
  const [details, binding, now] = await Promise.all([detailsOfCopies(unit, ids), bindingCopies(unit, ids), unit.sandboxes.businessNow()]);
  const effective = effectiveUnder(binding, unit.scope.tenantId);
  const bodyOf = (detail: CopyDetails): CopyBody => {
    const { copy, equity, settings } = detail;
    const own = unwrap(decodeCopySettings(settings?.settings), 'stored settings');
    const inEffect = effective(own, copy);
    const terms = binding.terms.filter((row) => row.leaderId === copy.leaderId);
    return copyBody(copy, {
      settings: settingsBody(encodeCopySettings(own)),
      effective: {
        settings: settingsBody(encodeCopySettings(inEffect.settings)),
        exposure: exposureBody(inEffect),
        impact: impactBody(inEffect),
        sources: sourcesBody(inEffect),
        choices: choicesBody(inEffect),
      },
      rights: rightsBody(detail, terms, now),
      equity: equity === null ? null : moneyText(equity.equity),
      net_pnl: equity === null ? null : moneyText(equity.netPnl),
      command: commandOrNull(detail.command),
    });
  };
  return new Map([...details].map(([id, detail]) => [id, bodyOf(detail)]));
}

/** Presents one copy; null: there is none. */
export const presentCopy = async (unit: ScopedUnit, id: CopyId): Promise<CopyBody | null> => (await presentCopies(unit, [id])).get(id) ?? null;

function copyBody(
  row: CopyRow,
  parts: Pick<CopyBody, 'settings' | 'effective' | 'rights' | 'equity' | 'net_pnl'> & { readonly command: CommandBody | null },
): CopyBody {
  return {
    id: row.id,
    livemode: livemode(row.environment),
    leader_id: row.leaderId,
    follower_id: row.followerId,
    venue_account_id: row.venueAccountId,
    allocation: moneyText(row.allocation),
    state: stateSchema.parse(row.state),
    state_reason: knownReason(COPY_STATE_REASONS, row.stateReason),
    settings_version: row.settingsVersion,
    ...parts,
    created_at: wireTime(row.createdAt),
    updated_at: wireTime(row.updatedAt),
    started_at: timeOrNull(row.startedAt),
    stopped_at: timeOrNull(row.stoppedAt),
    unwind_by: timeOrNull(row.unwindBy),
  };
}
