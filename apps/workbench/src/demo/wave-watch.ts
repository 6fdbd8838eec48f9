import { request } from 'undici';
import { z } from 'zod';

const spread = z.object({ p50: z.number(), p99: z.number(), max: z.number() });
const wave = z.object({
  waveId: z.string(),
  coin: z.string(),
  kind: z.string(),
  cause: z.string(),
  copies: z.number(),
  orders: z.number(),
  leaderFillAt: z.number(),
  receivedAt: z.number(),
  inboxDoneAt: z.number(),
  plannedAt: z.number(),
  journaledAt: z.number(),
  firstSentAt: z.number(),
  lastSentAt: z.number(),
  lastAnsweredAt: z.number(),
  sentMs: spread,
  answeredMs: spread,
  planMs: z.number(),
  gateMs: z.number(),
  journalMs: z.number(),
  journalCommits: z.number(),
  journalBytes: z.number(),
  accepted: z.number(),
  filled: z.number(),
  rejected: z.number(),
  unknown: z.number(),
  withheld: z.number(),
  reasons: z.record(z.string(), z.number()),
});
export type SeenWave = z.output<typeof wave>;
const answer = z.object({ next: z.number(), waves: z.array(wave) });
const standing = z.object({ waiting: z.number(), openOrders: z.number() });
const FOLLOW_POLL_MS = 500;
const IDLE_TIMEOUT_MS = 3_600_000;

/** Reads the engine's wave records as they come. */
export class WaveWatch {
  readonly waves: SeenWave[] = [];
  private next = 0;

  constructor(private readonly engineUrl: () => string) {}

  /** New waves since the last call. */
  async poll(): Promise<readonly SeenWave[]> {
    const { body } = await request(`${this.engineUrl()}/waves?since=${this.next}`, { reset: true });
    const read = answer.parse(await body.json());
    this.next = read.next;
    this.waves.push(...read.waves);
    return read.waves;
  }

  /** Tells every new wave until `end`. */
  async follow(end: Promise<void>, tell: (wave: SeenWave) => void = () => undefined): Promise<void> {
    let ended = false;
    void end.then(() => {
      ended = true;
    });
    while (!ended) {
      for (const seen of await this.poll()) tell(seen);
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, FOLLOW_POLL_MS))]);
    }
  }

  /** Moves that wait in the engine, and orders that are not fully accounted for. */
  async standing(): Promise<z.output<typeof standing>> {
    const { body } = await request(`${this.engineUrl()}/standing`, { reset: true });
    return standing.parse(await body.json());
  }

  /** Waits until nothing is on its way in the engine: no wave, no booking, no owed fill. */
  async idle(): Promise<void> {
    const { body } = await request(`${this.engineUrl()}/idle`, { reset: true, headersTimeout: IDLE_TIMEOUT_MS, bodyTimeout: IDLE_TIMEOUT_MS });
    await body.dump();
  }
}
