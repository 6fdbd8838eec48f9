import { err, ok, type Result } from '@lockstep/kernel';
import type { ActionOutcome, VenueReadError } from '@lockstep/venues/port';
import type { VirtualProcess } from '../clock/virtual-time';
import { asObject } from '../exchange/json';
import type { ExchangeAnswer, Json, Submission } from '../exchange/port';
import type { Link, Message } from './link';
import { refusalOf } from './refusals';
import type { WorldClock } from './world-clock';

/** Asks a world and submits to it over a link. Every question ends: with an answer, or as unreachable or unknown when its time is over. */
export class Asking {
  constructor(
    readonly clock: WorldClock,
    readonly link: Link,
    private readonly process: VirtualProcess,
    private readonly timeoutMs: number,
  ) {}

  /** Reads at the moment the question reaches the world. */
  read<T>(about: string, look: (info: (request: Json) => Json) => T): Promise<Result<T, VenueReadError>> {
    const passage = this.link.faults.passage({ kind: 'read', about });
    return new Promise((resolve) => {
      const late = this.process.after(this.timeoutMs, () => resolve(err({ code: 'unreachable', detail: `${about}: no answer` })));
      this.link.send(passage, () => {
        this.clock.catchUp();
        const value = look((request) => this.info(request));
        this.link.back(passage, () => {
          late.cancel();
          resolve(ok(value));
        });
      });
    });
  }

  /** Submits an action. `answered` is called once: with the world's answer, `unsent` when it never left, or `silent` when no answer came in time. */
  submit(message: Message, submission: Submission, answered: (answer: ExchangeAnswer | 'silent' | 'unsent') => void): void {
    const passage = this.link.faults.passage(message);
    let open = true;
    const end = (answer: ExchangeAnswer | 'silent' | 'unsent'): void => {
      if (!open) return;
      open = false;
      late.cancel();
      answered(answer);
    };
    const late = this.process.after(this.timeoutMs, () => end('silent'));
    if (passage.unsent) {
      this.process.after(0, () => end('unsent'));
      return;
    }
    this.link.send(passage, () => {
      this.clock.catchUp();
      this.clock.world.submitWith(submission, (answer) => this.link.back(passage, () => end(answer)));
      this.clock.expect();
    });
  }

  /** Submits an action that is no order. */
  act(about: string, submission: Submission): Promise<ActionOutcome> {
    return new Promise((resolve) => {
      this.submit({ kind: 'action', about }, submission, (answer) => {
        if (answer === 'silent') resolve({ kind: 'unknown', detail: `${about}: no answer` });
        else if (answer === 'unsent') resolve({ kind: 'rejected', code: 'not_sent', text: 'no connection took it' });
        else resolve(outcomeOf(answer));
      });
    });
  }

  private info(request: Json): Json {
    const answer = this.clock.world.info(request);
    if (answer.status !== 200) throw new Error(`the world does not read ${JSON.stringify(request)}`);
    return answer.body;
  }
}

/** What an answer says of an action with one effect: an element of `statuses` that is an error refuses it. */
export function outcomeOf(answer: ExchangeAnswer): ActionOutcome {
  if (answer.status === 'err') return { kind: 'rejected', code: refusalOf(answer.response), text: answer.response };
  const [status] = statusesOf(answer.response);
  const error = asObject(status)?.error;
  if (typeof error === 'string') return { kind: 'rejected', code: refusalOf(error), text: error };
  return { kind: 'accepted', response: answer.response };
}

/** The elements of an accepted action's answer; empty where it has none. */
export function statusesOf(response: Json): readonly Json[] {
  const statuses = asObject(asObject(response)?.data)?.statuses;
  return Array.isArray(statuses) ? statuses : [];
}
