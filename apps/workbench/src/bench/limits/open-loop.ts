import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** What is asked, over how many connections at most. */
export interface Asked {
  readonly url: string;
  readonly key: string;
  readonly connections: number;
}

/** When to ask: so often, whatever becomes of those before. */
export interface SendPlan {
  readonly perSecond: number;
  readonly seconds: number;
  /** When the first is due, in ms of the system clock; senders of several threads begin together. Past: at once. */
  readonly fromEpochMs: number;
}

/** What came of it. */
export interface Sent {
  /** From the moment a request was due, not from when it left: what waits behind slow answers is seen. In the order in which they were due. */
  readonly ms: readonly number[];
  /** How many answers of each status; 0 is no answer. */
  readonly statuses: Readonly<Record<number, number>>;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** Sends one GET at fixed times and waits for the last answer. Its connections stay open from one plan to the next, as a partner's do. */
export class OpenLoop {
  private readonly agent: Agent;

  constructor(private readonly asked: Asked) {
    this.agent = new Agent({ connections: asked.connections, headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });
  }

  async send({ perSecond, seconds, fromEpochMs }: SendPlan): Promise<Sent> {
    const many = Math.round(perSecond * seconds);
    const ms = new Array<number>(many).fill(0);
    const statuses: Record<number, number> = {};
    const pauseMs = 1_000 / perSecond;
    const from = Math.max(performance.now(), fromEpochMs - performance.timeOrigin);
    const one = async (no: number, dueMs: number): Promise<void> => {
      const status = await this.status();
      ms[no] = performance.now() - dueMs;
      statuses[status] = (statuses[status] ?? 0) + 1;
    };
    const sending: Promise<void>[] = [];
    for (let no = 0; no < many; no += 1) {
      const dueMs = from + no * pauseMs;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      sending.push(one(no, dueMs));
    }
    await Promise.all(sending);
    return { ms, statuses };
  }

  close(): Promise<void> {
    return this.agent.close();
  }

  private async status(): Promise<number> {
    const { url, key } = this.asked;
    try {
      const answer = await request(url, { dispatcher: this.agent, headers: { authorization: `Bearer ${key}` } });
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return 0;
    }
  }
}

/** The value below which so large a share of the values lies; 0 for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
