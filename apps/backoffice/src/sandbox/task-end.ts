import type { SandboxTaskError } from '@lockstep/delivery';
import type { ControlFailure, Controlled } from './world-control';

/** How a task that cannot go on ends: with an error and what was done until then, or later, because the simulated venue is away and nothing has begun. */
export type TaskStop = { readonly kind: 'failed'; readonly error: SandboxTaskError; readonly result?: unknown } | { readonly kind: 'later' };

/** Ends the carrying out of a task from wherever it is; caught in one place, where the task is ended. */
export class TaskStopped extends Error {
  override readonly name = 'TaskStopped';

  constructor(readonly stop: TaskStop) {
    super(stop.kind === 'failed' ? stop.error : 'later');
  }
}

export const failed = (error: SandboxTaskError, result?: unknown): TaskStopped =>
  new TaskStopped({ kind: 'failed', error, ...(result === undefined ? {} : { result }) });

/** What a repeatable call answered; where the venue is away the task waits for it. */
export async function repeatable<T>(answer: Controlled<T>, refused: SandboxTaskError = 'venue_unavailable'): Promise<T> {
  const given = await answer;
  if (given.ok) return given.value;
  throw given.error.error === 'refused' ? failed(refused) : new TaskStopped({ kind: 'later' });
}

/** What a call answered that must not be made twice. */
export async function once<T>(answer: Controlled<T>, refused: SandboxTaskError, done: () => unknown): Promise<T> {
  const given = await answer;
  if (given.ok) return given.value;
  throw failed(reasonOf(given.error, refused), done());
}

const reasonOf = ({ error }: ControlFailure, refused: SandboxTaskError): SandboxTaskError => (error === 'refused' ? refused : 'venue_unavailable');
