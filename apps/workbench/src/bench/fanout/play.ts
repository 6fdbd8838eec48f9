import type { SeenWave, WaveWatch } from '../../demo/wave-watch';
import { largestBookedGap, largestGap, venueLots } from './books';
import { type Cast, COIN, LEADER_LOTS, LOT_DECIMALS } from './cast';
import type { FanoutPlatform } from './platform';

/** A leader's move with the wave it made and what was left of it in the books. */
export interface PlayedWave {
  readonly verify: string;
  readonly step: 0 | 1 | 2 | 3;
  readonly wave: SeenWave;
  /** Lots, over all copies: at the venue against the terms, and the engine's booked position against its written target. */
  readonly gapLots: number;
}

/** What playing needs. */
export interface Stage {
  readonly platform: FanoutPlatform;
  readonly cast: Cast;
  readonly waves: WaveWatch;
  readonly price: string;
  readonly say: (text: string) => void;
}

const STEPS = [0, 1, 2, 3] as const;
const STEP_NAMES = ['open', 'increase', 'reduce', 'close'] as const;
const WAVE_TIMEOUT_MS = 180_000;
const SETTLE_TIMEOUT_MS = 180_000;
const POLL_MS = 50;

/** Plays one round: the leader opens, increases, reduces and closes; after each step everything is booked and compared before the next. */
export async function playRound(stage: Stage, verify: string): Promise<PlayedWave[]> {
  const played: PlayedWave[] = [];
  for (const step of STEPS) {
    const wave = await playStep(stage, step);
    const gapLots = await settledGap(stage, step);
    played.push({ verify, step, wave, gapLots });
    stage.say(
      `${verify} ${STEP_NAMES[step]}: ${wave.accepted}/${wave.orders} accepted, plan ${ms(wave.planMs)}, gate ${ms(wave.gateMs)}, journal ${ms(wave.journalMs)} in ${wave.journalCommits} commits, ` +
        `inbox ${ms(wave.inboxDoneAt - wave.receivedAt)}, wire p50 ${ms(wave.sentMs.p50)} last ${ms(wave.sentMs.max)}, answers p50 ${ms(wave.answeredMs.p50)} last ${ms(wave.answeredMs.max)}, gap ${gapLots} lots`,
    );
  }
  return played;
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** Forces the leader's trade and waits for the wave that follows it. */
async function playStep({ platform, cast, waves, price }: Stage, step: 0 | 1 | 2 | 3): Promise<SeenWave> {
  const before = step === 0 ? 0 : (LEADER_LOTS[step - 1] ?? 0);
  const lots = LEADER_LOTS[step] - before;
  const size = (Math.abs(lots) / 10 ** LOT_DECIMALS).toFixed(LOT_DECIMALS);
  await waves.poll();
  await platform.control.trade([{ address: cast.leader, coin: COIN, side: lots > 0 ? 'buy' : 'sell', price, size }]);
  return until('the wave', WAVE_TIMEOUT_MS, async () => (await waves.poll()).find((wave) => wave.cause === 'move') ?? null);
}

/** Waits until all is booked; the gap that is left then, given time to be repaired. */
async function settledGap({ platform, cast, waves }: Stage, step: 0 | 1 | 2 | 3): Promise<number> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    await waves.idle();
    const atVenue = largestGap(cast, await venueLots(platform.control), step);
    const gap = Math.max(atVenue, await largestBookedGap(platform.storage, cast.scopes));
    if (gap === 0 || performance.now() > deadline) return gap;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function until<T>(what: string, timeoutMs: number, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not come within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
