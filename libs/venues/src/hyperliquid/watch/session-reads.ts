import type { EpochMs, Result } from '@lockstep/kernel';
import type { AccountState, Address, VenueFill, VenueReadError } from '../../port';
import type { HyperliquidConfig, VenueLog } from '../config';
import type { ReadQueue, ReadRank } from './read-queue';

/** Weight of a reading of fills: 20 and one for each 20 rows (facts §11.1). */
const FILLS_WEIGHT = 22;
const MODE_WEIGHT = 20;

type Read<T> = Promise<Result<T, VenueReadError>>;

/** The reads of one address that a session needs, with what they weigh. */
export interface SessionTruth {
  /** A state with the equity it means. */
  account(address: Address, dex: string): Read<AccountState>;
  /** A state whose equity is only told (`equityUnread`) where the account's mode is known: a tenth of the weight before. */
  positions(address: Address, dex: string): Read<AccountState>;
  /** Weights of the next such readings. */
  accountWeight(address: Address): number;
  positionsWeight(address: Address): number;
  /** How the account keeps its equity, which qualifies its states from then on. */
  mode(address: Address): Read<unknown>;
  knowsMode(address: Address): boolean;
  fills(address: Address, since: EpochMs): Read<readonly VenueFill[]>;
}

export interface SessionReadsParts {
  readonly config: HyperliquidConfig;
  readonly truth: SessionTruth;
  readonly reads: ReadQueue;
  readonly log: VenueLog;
  readonly pause: (ms: number) => Promise<void>;
}

/** One address's reads inside the budget of detection. What has a seat reads at once, because its fills wait for it; the others read in their turn. */
export class SessionReads {
  constructor(
    private readonly address: Address,
    private readonly parts: SessionReadsParts,
  ) {}

  /** States in their turn of those of the dexes that could be read: one that cannot holds up no other. */
  async states(dexes: readonly string[], rank: ReadRank): Promise<readonly AccountState[]> {
    const read = await Promise.all(dexes.map((dex) => this.positions(dex, rank)));
    return read.flatMap((one) => (one.ok ? [one.value] : []));
  }

  get knowsMode(): boolean {
    return this.parts.truth.knowsMode(this.address);
  }

  async mode(rank: ReadRank): Promise<void> {
    const { reads, truth } = this.parts;
    await reads.ask(
      rank,
      () => MODE_WEIGHT,
      () => truth.mode(this.address),
    );
  }

  /** Fills from a moment on, in their turn. */
  fills(since: EpochMs, rank: ReadRank): Read<readonly VenueFill[]> {
    const { reads, truth } = this.parts;
    return reads.ask(
      rank,
      () => FILLS_WEIGHT,
      () => truth.fills(this.address, since),
    );
  }

  /** A state, in its turn. */
  positions(dex: string, rank: ReadRank): Read<AccountState> {
    const { reads, truth } = this.parts;
    return reads.ask(
      rank,
      () => truth.positionsWeight(this.address),
      () => truth.positions(this.address, dex),
    );
  }

  /** A state with its equity, in its turn. */
  account(dex: string, rank: ReadRank): Read<AccountState> {
    const { reads, truth } = this.parts;
    return reads.ask(
      rank,
      () => truth.accountWeight(this.address),
      () => truth.account(this.address, dex),
    );
  }

  /** States of the dexes that could be read at once, within a few attempts each and `snapshotWaitMs`, as long as `goOn`: live fills wait for them. */
  async statesNow(dexes: readonly string[], goOn: () => boolean): Promise<readonly AccountState[]> {
    const { reads: queue, truth } = this.parts;
    const found: AccountState[] = [];
    const reads = dexes.map(async (dex) => {
      const state = await this.repeat(goOn, () => queue.nowAtMost(truth.accountWeight(this.address), () => truth.account(this.address, dex)));
      if (state !== null) found.push(state);
    });
    await Promise.race([Promise.all(reads), this.parts.pause(this.parts.config.snapshotWaitMs)]);
    return [...found].sort((a, b) => dexes.indexOf(a.dex) - dexes.indexOf(b.dex));
  }

  /** Fills from a moment on, at once; empty when they cannot be read. */
  async fillsNow(since: EpochMs, goOn: () => boolean): Promise<readonly VenueFill[]> {
    const { reads, truth } = this.parts;
    return (await this.repeat(goOn, () => reads.now(FILLS_WEIGHT, () => truth.fills(this.address, since)))) ?? [];
  }

  /** A few attempts, then none: `synced` without a dex's state is better than no fills at all. */
  private async repeat<T>(goOn: () => boolean, read: () => Read<T>): Promise<T | null> {
    const { config, log, pause } = this.parts;
    for (let attempt = 1; attempt <= config.syncAttemptsMax && goOn(); attempt += 1) {
      const answer = await read();
      if (answer.ok) return answer.value;
      log({ level: 'warn', event: 'venue_sync_read_failed', fields: { address: this.address, attempt, detail: answer.error.detail } });
      await pause(config.reconnectMinMs * attempt);
    }
    return null;
  }
}
