import { type EpochMs, err, ok, type Result } from '@lockstep/kernel';
import type { CopyState } from '@lockstep/roster';
import type { StopCopy } from '@lockstep/storage';
import { z } from 'zod';
import { timeField } from '../../http/fields';
import { type Refusal, refusal } from '../../http/problem-exception';

const MODES = ['close_now', 'follow_to_close', 'hand_over', 'unwind_by'] as const;

/** States from which each way of stopping leads on. */
export const STOPPED_FROM: Readonly<Record<(typeof MODES)[number], readonly CopyState[]>> = {
  close_now: ['preparing', 'active', 'paused', 'breaker_closed', 'winding_down', 'unwinding', 'handing_over'],
  follow_to_close: ['preparing', 'active', 'paused'],
  hand_over: ['preparing', 'active', 'paused', 'winding_down', 'unwinding'],
  unwind_by: ['preparing', 'active', 'paused', 'winding_down'],
};

/** Nearest and farthest deadline of an unwinding, in ms from now. */
export const UNWIND_LEAST_MS = 10_000;
export const UNWIND_MOST_MS = 30 * 86_400_000;

export const stopBody = z.strictObject({
  mode: z
    .enum(MODES)
    .default('close_now')
    .describe(
      '`close_now` closes everything; `follow_to_close` enters nothing any more and ends with what the leader closes; `unwind_by` does so too and closes the rest in equal slices until `by`; `hand_over` trades nothing any more, and what the copy holds becomes the follower’s own.',
    ),
  by: timeField.optional().describe('With `unwind_by` alone, and needed there: when everything must be closed, 10 seconds to 30 days from now.'),
});

/** The engine's command of a body; a refusal where its deadline is missing, out of place or out of range. */
export function stopWish(body: z.output<typeof stopBody>, now: EpochMs): Result<StopCopy, Refusal> {
  const { mode } = body;
  if (mode !== 'unwind_by') return body.by === undefined ? ok({ mode }) : err(refusal('invalid_request', '`by` belongs to `unwind_by`.'));
  if (body.by === undefined) return err(refusal('invalid_request', '`unwind_by` needs `by`.'));
  const by = Date.parse(body.by);
  if (by < now + UNWIND_LEAST_MS || by > now + UNWIND_MOST_MS) return err(refusal('invalid_request', '`by` lies 10 seconds to 30 days from now.'));
  return ok({ mode, by });
}
