import { Agent, request } from 'undici';

/** One request of a plan. */
export interface Asked {
  readonly url: string;
  /** JSON of a POST; absent: a GET. */
  readonly body?: string;
}

/** Requests one after the other on each of some connections: for so long, the list over and over, or each of the list once. */
export interface ClosedPlan {
  readonly asked: readonly Asked[];
  readonly key: string;
  readonly connections: number;
  /** Null: the list once. */
  readonly seconds: number | null;
}

/** What came of it. */
export interface Answered {
  readonly ms: readonly number[];
  readonly seconds: number;
  /** How many answers of each status; 0 is no answer. */
  readonly statuses: Readonly<Record<number, number>>;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** Keeps every connection busy until the plan is over: what a server can do at most. What one waits for in a queue nobody sees here. */
export async function sendClosedLoop({ asked, key, connections, seconds }: ClosedPlan): Promise<Answered> {
  const agent = new Agent({ connections, headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });
  const ms: number[] = [];
  const statuses: Record<number, number> = {};
  let next = 0;
  const from = performance.now();
  const isOver = (): boolean => (seconds === null ? next >= asked.length : performance.now() - from >= seconds * 1_000);
  const one = async (): Promise<void> => {
    while (!isOver()) {
      const ask = asked[next++ % asked.length];
      if (ask === undefined) return;
      const sentAt = performance.now();
      const status = await send(agent, ask, key);
      ms.push(performance.now() - sentAt);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  const took = (performance.now() - from) / 1_000;
  await agent.close();
  return { ms, seconds: took, statuses };
}

function send(dispatcher: Agent, { url, body }: Asked, key: string): Promise<number> {
  const authorization = `Bearer ${key}`;
  const sent =
    body === undefined
      ? request(url, { dispatcher, headers: { authorization } })
      : request(url, { dispatcher, method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body });
  return sent.then(
    async (answer) => {
      await answer.body.dump();
      return answer.statusCode;
    },
    () => 0,
  );
}
