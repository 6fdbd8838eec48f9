import { type FieldProblem, livemode, SANDBOX_LIMITS, timeText, wireTime } from '@lockstep/delivery';
import type { EpochMs } from '@lockstep/kernel';
import type { SandboxFaultRow } from '@lockstep/storage';
import { FAULT_KINDS, FAULT_STANDINGS, type FaultKind, PROBABILITY_SCALE, standingOf } from '@lockstep/tenancy';
import { z } from 'zod';
import { SERVER_ERROR_DEFAULT, type ServerErrorStatus } from '../../faults/fault-answers';
import { listOf, named } from '../../http/documented';
import { idField, livemodeField, textField, timeOrNull } from '../../http/fields';

const SEED_MAX = 4_294_967_295;
const DEFAULT_DELAY_MS = 5_000;
const DEFAULT_FOR_S = 3_600;
/** Of a fault that cuts the streams that are open: every gateway has seen it by then. */
const DEFAULT_CUT_FOR_S = 60;
const DECIMALS = String(PROBABILITY_SCALE).length - 1;

const kindField = z.enum([...FAULT_KINDS] as [FaultKind, ...FaultKind[]]);
const statusField = z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]);

/** What each kind takes beyond what all of them take. */
const TAKES = {
  too_many_requests: ['operation', 'retry_after_s'],
  server_error: ['operation', 'http_status', 'retry_after_s'],
  slow: ['operation', 'delay_ms'],
  dropped_request: ['operation'],
  dropped_answer: ['operation'],
  stream_dropped: ['every_events'],
  event_repeated: ['every_events'],
} as const satisfies Record<FaultKind, readonly string[]>;
const PARTICULAR = [...new Set(Object.values(TAKES).flat())];

/** A fault as it is asked for. */
export const faultDraft = z
  .strictObject({
    kind: kindField.describe('What it does: see “Faults” of the page on the sandbox.'),
    operation: textField(120)
      .optional()
      .describe('The only operation it strikes, by its id (`copies.create`) or by method and path template (`POST /v1/copies`). Left out: any.'),
    key_id: idField('key').optional().describe('The only key it strikes. Left out: every key of your test environment.'),
    times: z
      .int()
      .min(1)
      .max(SANDBOX_LIMITS.faultTimesMax)
      .optional()
      .describe('How often it strikes; then it is used up. Left out: once, or as often as its `probability` has it.'),
    probability: z
      .string()
      .max(8)
      .regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, { error: `a decimal from 0 to 1 with at most ${DECIMALS} decimals, as text` })
      .optional()
      .describe('How likely it strikes whom it meets. Left out: it strikes all.')
      .meta({ examples: ['0.25'] }),
    seed: z
      .int()
      .min(0)
      .max(SEED_MAX)
      .optional()
      .describe('What its draws follow from: the same seed strikes the same of its meetings. Drawn when left out.'),
    for_s: z
      .int()
      .min(1)
      .max(SANDBOX_LIMITS.faultMaxMs / 1_000)
      .optional()
      .describe(
        `How long it is in force, in seconds. Left out: ${DEFAULT_FOR_S.toLocaleString('en')}, and ${DEFAULT_CUT_FOR_S} of one that drops the streams that are open now.`,
      ),
    http_status: statusField.optional().describe(`Of \`server_error\`. Left out: ${SERVER_ERROR_DEFAULT}.`),
    retry_after_s: z
      .int()
      .min(1)
      .max(SANDBOX_LIMITS.faultRetryAfterMaxS)
      .optional()
      .describe('What `Retry-After` says, of `too_many_requests` and of `server_error` with 503. Left out: 1.'),
    delay_ms: z
      .int()
      .min(1)
      .max(SANDBOX_LIMITS.faultDelayMaxMs)
      .optional()
      .describe(`Of \`slow\`: how long a request waits before anything is done. Left out: ${DEFAULT_DELAY_MS.toLocaleString('en')}.`),
    every_events: z
      .int()
      .min(1)
      .max(SANDBOX_LIMITS.faultEveryEventsMax)
      .optional()
      .describe(
        'Of stream faults: which events of a stream it meets, counted from when the stream opened. Left out: `event_repeated` meets each, and `stream_dropped` meets the streams that are open now.',
      ),
  })
  .superRefine((draft, context) => {
    for (const path of notTaken(draft)) context.addIssue({ code: 'custom', path: [path], message: `\`${draft.kind}\` does not take it` });
    if (draft.kind === 'server_error' && draft.retry_after_s !== undefined && (draft.http_status ?? SERVER_ERROR_DEFAULT) !== 503)
      context.addIssue({ code: 'custom', path: ['retry_after_s'], message: 'of the statuses, 503 alone says when to come back' });
  });
export type FaultDraft = z.output<typeof faultDraft>;

function notTaken(draft: Readonly<Record<string, unknown>> & { readonly kind: FaultKind }): readonly string[] {
  const taken: readonly string[] = TAKES[draft.kind];
  return PARTICULAR.filter((name) => draft[name] !== undefined && !taken.includes(name));
}

export const unknownOperation: FieldProblem = {
  pointer: '/operation',
  code: 'unknown',
  detail: 'An operation of the documentation that needs a key, by its id or as method and path template; not one of the faults themselves.',
};

/** What a fault is set with, whoever sets it and when. */
export type FaultTerms = Pick<
  SandboxFaultRow,
  'kind' | 'operation' | 'keyId' | 'times' | 'probability' | 'everyEvents' | 'httpStatus' | 'retryAfterS' | 'delayMs'
> & { readonly forS: number };

/** The terms of a draft with what it leaves out; `operation` and `keyId` as they were found. */
export function faultTerms(draft: FaultDraft, operation: string | null, keyId: FaultTerms['keyId']): FaultTerms {
  const { kind, probability, every_events: everyEvents = null } = draft;
  const ofOpenStreams = kind === 'stream_dropped' && everyEvents === null;
  const isServerError = kind === 'server_error';
  const httpStatus: ServerErrorStatus | null = isServerError ? (draft.http_status ?? SERVER_ERROR_DEFAULT) : null;
  const saysWhen = kind === 'too_many_requests' || httpStatus === 503;
  return {
    kind,
    operation,
    keyId,
    times: draft.times ?? (probability !== undefined || ofOpenStreams ? null : 1),
    probability: probability === undefined ? null : Math.round(Number(probability) * PROBABILITY_SCALE),
    everyEvents,
    httpStatus,
    retryAfterS: saysWhen ? (draft.retry_after_s ?? 1) : null,
    delayMs: kind === 'slow' ? (draft.delay_ms ?? DEFAULT_DELAY_MS) : null,
    forS: draft.for_s ?? (ofOpenStreams ? DEFAULT_CUT_FOR_S : DEFAULT_FOR_S),
  };
}

/** The seed of a fault that names none. */
export const seedBelow = SEED_MAX + 1;

/** A fault as it stands. */
export const sandboxFaultSchema = named(
  'SandboxFault',
  z
    .object({
      id: z.string().regex(/^flt_[0-9a-hjkmnp-tv-z]{26}$/),
      livemode: livemodeField,
      kind: kindField,
      standing: z.enum(FAULT_STANDINGS).describe('`used_up`: it struck as often as it was to; `expired`: its time is over.'),
      operation: z.string().nullable().describe('Id of the only operation it strikes; null: any.'),
      key_id: z.string().nullable(),
      times: z.int().nullable().describe('Null: as often as it meets somebody, until it ends.'),
      probability: z.string().nullable().describe('Null: it strikes all it meets.'),
      seed: z.int(),
      http_status: z.int().nullable(),
      retry_after_s: z.int().nullable(),
      delay_ms: z.int().nullable(),
      every_events: z.int().nullable(),
      met: z.int().describe('Requests, streams or events it met: each was one draw.'),
      struck: z.int().describe('How many of them it struck.'),
      last_struck_at: timeText.nullable(),
      created_by: z.string().describe('The key that set it.'),
      created_at: timeText,
      ends_at: timeText,
    })
    .describe('A fault that your test environment has set on itself.'),
);
export type SandboxFaultBody = z.output<typeof sandboxFaultSchema>;

export const sandboxFaultListSchema = listOf('SandboxFaultList', sandboxFaultSchema);

export const faultsRemovedSchema = named(
  'SandboxFaultsRemoved',
  z.object({ removed: z.int().min(0).describe('How many there were, ended ones included.') }).describe('What became of your faults.'),
);

export const sandboxFaultBody = (row: SandboxFaultRow, now: EpochMs): SandboxFaultBody => ({
  id: row.id,
  livemode: livemode(row.environment),
  kind: row.kind,
  standing: standingOf(row, now),
  operation: row.operation,
  key_id: row.keyId,
  times: row.times,
  probability: row.probability === null ? null : String(row.probability / PROBABILITY_SCALE),
  seed: row.seed,
  http_status: row.httpStatus,
  retry_after_s: row.retryAfterS,
  delay_ms: row.delayMs,
  every_events: row.everyEvents,
  met: row.met,
  struck: row.struck,
  last_struck_at: timeOrNull(row.lastStruckAt),
  created_by: row.actor,
  created_at: wireTime(row.createdAt),
  ends_at: wireTime(row.endsAt),
});
