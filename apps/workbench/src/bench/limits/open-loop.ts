import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** What to send: one GET, so often, whatever becomes of those before it. */
export interface SendPlan {
  readonly url: string;
  readonly key: string;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
}

/** What came of it. */
export interface Sent {
  /** From the moment a request was due, not from when it left: what waits behind slow answers is seen. */
  readonly ms: readonly number[];
  /** How many answers of each status; 0 is no answer. */
  readonly statuses: Readonly<Record<number, number>>;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** Sends at fixed times and waits for the last answer. */
export async function sendOpenLoop({ url, key, perSecond, seconds, connections }: SendPlan): Promise<Sent> {
  const agent = new Agent({ connections, headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });
  const headers = { authorization: `Bearer ${key}` };
  const ms: number[] = [];
  const statuses: Record<number, number> = {};
  const send = async (dueMs: number): Promise<void> => {
    const status = await request(url, { dispatcher: agent, headers }).then(
      async (answer) => {
        await answer.body.dump();
        return answer.statusCode;
      },
      () => 0,
    );
    ms.push(performance.now() - dueMs);
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const pauseMs = 1_000 / perSecond;
  const from = performance.now();
  const sending: Promise<void>[] = [];
  for (let no = 0; no < perSecond * seconds; no += 1) {
    const dueMs = from + no * pauseMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    sending.push(send(dueMs));
  }
  await Promise.all(sending);
  await agent.close();
  return { ms, statuses };
}

/** The value below which so large a share of the values lies; 0 for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
