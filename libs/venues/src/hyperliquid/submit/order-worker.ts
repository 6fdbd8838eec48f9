import { must } from '@lockstep/kernel';
import type { ActionOutcome } from '../../port';
import { rejectCodeIndex } from '../classify';
import { type PostAnswer, type RowOutcome, readActionAnswer, readEnvelope, readOrderAnswer, rejectedRow, unknownRow } from '../parse/exchange-answer';
import type { L1Signer } from '../sign/l1-signer';
import { OrderFrames } from '../sign/order-frames';
import type { PresignaturePool } from '../sign/presignatures';
import type { HttpClient, HttpOutcome } from '../transport/http';
import { KeyRing } from './key-ring';
import { OutcomeBuffer, outcomeBuffers } from './outcome-buffer';
import { epochNow, type PendingPost, PostLane } from './post-lane';
import type { Chunk, FromWorker, ToWorker, WorkerSeed } from './protocol';
import { Ways } from './ways';

/** Rows signed before the event loop may read answers again: about 3 ms of work. */
const SLICE_ROWS = 50;
const EXPIRY_SWEEPS_PER_TIMEOUT = 10;
/** Longest time between two looks for answers that do not come, in ms. */
const SWEEP_MAX_MS = 500;
/** Presignatures made before the event loop may turn: about 1 ms of work, so that a chunk that comes meanwhile hardly waits. */
const REFILL_SLICE = 32;
/** Rest between two slices, so that what comes in meanwhile is handled first. */
const REFILL_REST_MS = 2;
/** How much later a worker looks again that still has something to send or to wait for: a wave's chunks and answers come before the next wave's signatures. */
const REFILL_BUSY_MS = 25;
interface ChunkWork {
  readonly chunk: Chunk;
  readonly frames: OrderFrames;
  readonly outcomes: OutcomeBuffer;
  cursor: number;
  flushing: boolean;
}

/**
 * One signing worker: keys, sockets, the window of unanswered posts. Rows are signed only when the window has room, so that a row not yet
 * signed can still be withheld. A signer's rows always take the same lane while it is open, hence arrive in nonce order.
 */
export class OrderWorker {
  private readonly keys = new KeyRing();
  private readonly ways: Ways;
  private readonly queue: ChunkWork[] = [];
  private readonly sweep: NodeJS.Timeout;
  private readonly httpPending = new Set<object>();
  private nextId = 1;
  private pumping = false;
  private closing = false;
  private refilling: NodeJS.Timeout | null = null;

  constructor(
    private readonly seed: WorkerSeed,
    private readonly signer: L1Signer,
    private readonly presignatures: PresignaturePool,
    private readonly tell: (message: FromWorker, transfer?: ArrayBuffer[]) => void,
  ) {
    const { config } = seed;
    this.ways = new Ways(config, {
      onOpen: () => this.schedulePump(),
      onSettled: () => {
        if (this.queue.length > 0) this.schedulePump();
      },
      onDown: (egress, lane, reason) => this.log('warn', 'venue_lane_down', { lane, egress: egress + 1, reason }),
      onLanes: (egress, open) => this.tell({ kind: 'lanes', egress, open }),
    });
    this.refillSoon();
    this.sweep = setInterval(
      () => this.expire(),
      Math.max(5, Math.min(SWEEP_MAX_MS, Math.floor(config.answerTimeoutMs / EXPIRY_SWEEPS_PER_TIMEOUT))),
    );
  }

  /** Handles one message of the main thread. */
  handle(message: ToWorker): void {
    switch (message.kind) {
      case 'load':
        this.keys.load(message.handles, message.keys, message.actingFor, message.claims);
        this.tell({ kind: 'done', ticket: message.ticket });
        return;
      case 'drop':
        for (const handle of message.handles) this.keys.drop(handle);
        this.tell({ kind: 'done', ticket: message.ticket });
        return;
      case 'chunk': {
        const { chunk } = message;
        const frames = new OrderFrames(this.signer, chunk.instrument, chunk.builders);
        this.queue.push({ chunk, frames, outcomes: new OutcomeBuffer(), cursor: 0, flushing: false });
        this.pump();
        return;
      }
      case 'action':
        this.sendAction(message);
        return;
      case 'relay':
        this.dispatchOne(message.ticket, message.egress, this.ways.openLane(message.egress), message.payload);
        return;
      case 'prepare':
        this.presignatures.refill(this.presignatures.room);
        this.tell({ kind: 'done', ticket: message.ticket });
        return;
      case 'build':
        this.build(message.ticket, message.chunk);
        return;
      case 'close':
        void this.close();
    }
  }

  private get inFlight(): number {
    return this.httpPending.size + this.ways.inFlight;
  }

  private schedulePump(): void {
    if (this.pumping) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      this.pump();
    });
  }

  /** Signs and sends one slice, then lets the event loop turn. */
  private pump(): void {
    const work = this.queue[0];
    if (work === undefined) return;
    const room = this.seed.inFlightMax - this.inFlight;
    if (room <= 0) return;
    const end = Math.min(work.chunk.rows.length, work.cursor + Math.min(room, SLICE_ROWS));
    this.sendSlice(work, work.cursor, end);
    work.cursor = end;
    if (end === work.chunk.rows.length) {
      this.queue.shift();
      this.tell({ kind: 'chunk_sent', batch: work.chunk.batch });
    }
    if (this.queue.length > 0) this.schedulePump();
  }

  /** Prepares signatures slice by slice while there is nothing to send and no answer to wait for. */
  private refillSoon(afterMs = REFILL_BUSY_MS): void {
    if (this.refilling !== null || this.presignatures.room === 0) return;
    this.refilling = setTimeout(() => {
      this.refilling = null;
      const idle = this.queue.length === 0 && this.inFlight === 0;
      if (idle) this.presignatures.refill(REFILL_SLICE);
      this.refillSoon(idle ? REFILL_REST_MS : REFILL_BUSY_MS);
    }, afterMs);
  }

  private sendSlice(work: ChunkWork, from: number, to: number): void {
    const { chunk, frames } = work;
    const bursts = new Map<PostLane | HttpClient, { readonly egress: number; ids: number[]; payloads: string[]; posts: RowPost[] }>();
    for (let index = from; index < to; index += 1) {
      const handle = chunk.signer[index];
      const row = chunk.rows[index];
      must(handle !== undefined && row !== undefined, 'a chunk has a signer for each row');
      const key = this.keys.get(handle);
      if (key === undefined) {
        this.log('error', 'venue_signer_not_loaded', { signer: handle });
        this.settleRow(work, row, rejectedRow(rejectCodeIndex('not_sent'), 'signer not loaded'), 0, 0, 0);
        continue;
      }
      const payload = claimed(frames.payload(chunk.columns, index, key.privateKey, key.actingFor), key.claim);
      const egress = this.leaves(handle);
      const lane = this.ways.laneOf(handle, egress) ?? this.ways.httpOf(egress);
      const burst = bursts.get(lane) ?? { egress, ids: [], payloads: [], posts: [] };
      if (burst.ids.length === 0) bursts.set(lane, burst);
      burst.ids.push(this.takeId());
      burst.payloads.push(payload);
      burst.posts.push(new RowPost(this, work, row, epochNow()));
    }
    this.refillSoon();
    for (const [lane, burst] of bursts) {
      const sentAt = epochNow();
      for (const post of burst.posts) post.sentAt = sentAt;
      const taken =
        lane instanceof PostLane &&
        lane.send(
          burst.ids,
          burst.payloads.map((payload, index) => frameText(burst.ids[index] ?? 0, payload)),
          burst.posts,
        );
      if (taken) continue;
      for (const [index, payload] of burst.payloads.entries()) this.sendByHttp(burst.egress, payload, present(burst.posts[index]));
    }
  }

  private takeId(): number {
    const id = this.nextId;
    this.nextId += 1;
    return id;
  }

  /** The address an order or action of a signer leaves from; one that is not its own is told, because it spends there. */
  private leaves(handle: number): number {
    const egress = this.ways.wayOf(handle);
    if (egress !== this.ways.egressOf(handle)) this.tell({ kind: 'moved', egress });
    return egress;
  }

  private sendByHttp(egress: number, payload: string, post: PendingPost & { notSent(detail: string): void }): void {
    const token = {};
    this.httpPending.add(token);
    void this.byAnyWay(egress, payload).then((outcome) => {
      this.httpPending.delete(token);
      const at = epochNow();
      if (outcome.kind === 'not_sent') post.notSent(outcome.detail);
      else if (outcome.kind === 'lost') post.lost(outcome.detail, at);
      else if (outcome.status >= 500) post.lost(`HTTP ${outcome.status} ${outcome.text}`, at);
      else if (outcome.status !== 200) post.answered({ kind: 'refused', text: `${outcome.status} ${outcome.text}` }, at);
      else post.answered({ kind: 'body', body: outcome.body }, at);
      this.schedulePump();
    });
  }

  /**
   * Posts from an address. What no connection took has certainly not left, so it is posted from the next one: an address that is away must not keep an exit.
   * Each is tried once: where all are away the order is told as not sent, because it must not leave minutes later at the price of now.
   */
  private async byAnyWay(egress: number, payload: string, tried = new Set<number>()): Promise<HttpOutcome> {
    const outcome = await this.ways.httpOf(egress).post('/exchange', payload);
    if (outcome.kind !== 'not_sent' || this.closing) return outcome;
    if (this.ways.takesConnections(egress)) this.log('warn', 'venue_egress_unreachable', { egress: egress + 1, detail: outcome.detail });
    tried.add(egress);
    const next = this.ways.failed(egress, tried);
    if (next === null) return outcome;
    this.tell({ kind: 'moved', egress: next });
    return await this.byAnyWay(next, payload, tried);
  }

  private sendAction({ ticket, signer: handle, nonce, action, manner }: Extract<ToWorker, { readonly kind: 'action' }>): void {
    const key = this.keys.get(handle);
    if (key === undefined) {
      this.tell({ kind: 'action_outcome', ticket, outcome: { kind: 'rejected', code: 'not_sent', text: `signer ${handle} is not loaded` } });
      return;
    }
    const actingFor = manner.acting ? key.actingFor : null;
    const { expiresAfter } = manner;
    const signature = this.signer.signAction(action, nonce, key.privateKey, actingFor, expiresAfter);
    this.refillSoon();
    const options = { ...(actingFor === null ? {} : { vaultAddress: actingFor }), ...(expiresAfter === 0 ? {} : { expiresAfter }) };
    const payload = JSON.stringify({ action, nonce, signature, ...options });
    const egress = this.leaves(handle);
    this.dispatchOne(ticket, egress, this.ways.laneOf(handle, egress), payload, manner.several ? readEnvelope : readActionAnswer);
  }

  private dispatchOne(ticket: number, egress: number, lane: PostLane | null, payload: string, read: ReadAnswer = readActionAnswer): void {
    const post = new ActionPost(this.tell, ticket, epochNow(), read);
    const id = this.takeId();
    const taken = lane?.send([id], [frameText(id, payload)], [post]) ?? false;
    if (!taken) this.sendByHttp(egress, payload, post);
  }

  private build(ticket: number, chunk: Chunk): void {
    const frames = new OrderFrames(this.signer, chunk.instrument, chunk.builders);
    let bytes = 0;
    chunk.signer.forEach((handle, index) => {
      const key = present(this.keys.get(handle));
      bytes += frameText(index, frames.payload(chunk.columns, index, key.privateKey, key.actingFor)).length;
    });
    this.tell({ kind: 'built', ticket, orders: chunk.signer.length, bytes });
  }

  /** Records the outcome of a row; outcomes of one turn of the event loop are told together. */
  settleRow(work: ChunkWork, row: number, outcome: RowOutcome, signedAt: number, sentAt: number, answeredAt: number): void {
    work.outcomes.add(row, outcome, signedAt, sentAt, answeredAt);
    if (work.flushing) return;
    work.flushing = true;
    setImmediate(() => {
      work.flushing = false;
      const columns = work.outcomes.take();
      this.tell({ kind: 'outcomes', batch: work.chunk.batch, columns }, outcomeBuffers(columns));
    });
  }

  private expire(): void {
    const at = epochNow();
    this.ways.expire(at - this.seed.config.answerTimeoutMs, at);
    this.ways.probe(at);
  }

  private log(level: 'warn' | 'error', event: string, fields: Readonly<Record<string, string | number>>): void {
    this.tell({ kind: 'log', entry: { level, event, fields: { worker: this.seed.index, ...fields } } });
  }

  private async close(): Promise<void> {
    this.closing = true;
    clearInterval(this.sweep);
    if (this.refilling !== null) clearTimeout(this.refilling);
    this.presignatures.clear();
    await this.ways.close();
    this.keys.clear();
    this.tell({ kind: 'closed' });
  }
}

class RowPost implements PendingPost {
  sentAt = 0;
  constructor(
    private readonly worker: OrderWorker,
    private readonly work: ChunkWork,
    private readonly row: number,
    private readonly signedAt: number,
  ) {}

  answered(answer: PostAnswer, at: number): void {
    this.settle(readOrderAnswer(answer, this.work.chunk.instrument.szDecimals), at);
  }
  lost(detail: string, _at: number): void {
    this.settle(unknownRow(detail), 0);
  }
  notSent(detail: string): void {
    this.sentAt = 0;
    this.settle(rejectedRow(rejectCodeIndex('not_sent'), detail), 0);
  }
  private settle(outcome: RowOutcome, at: number): void {
    this.worker.settleRow(this.work, this.row, outcome, this.signedAt, this.sentAt, at);
  }
}

type ReadAnswer = (answer: PostAnswer) => ActionOutcome;

class ActionPost implements PendingPost {
  constructor(
    private readonly tell: (message: FromWorker) => void,
    private readonly ticket: number,
    readonly sentAt: number,
    private readonly read: ReadAnswer,
  ) {}

  answered(answer: PostAnswer): void {
    this.tell({ kind: 'action_outcome', ticket: this.ticket, outcome: this.read(answer) });
  }
  lost(detail: string): void {
    this.tell({ kind: 'action_outcome', ticket: this.ticket, outcome: { kind: 'unknown', detail } });
  }
  notSent(detail: string): void {
    this.tell({ kind: 'action_outcome', ticket: this.ticket, outcome: { kind: 'rejected', code: 'not_sent', text: detail } });
  }
}

/** The payload with its signer named, for a venue that recovers only a sample of the signatures. */
function claimed(payload: string, signer: string | null): string {
  return signer === null ? payload : `${payload.slice(0, -1)},"signer":"${signer}"}`;
}

function frameText(id: number, payload: string): string {
  return `{"method":"post","id":${id},"request":{"type":"action","payload":${payload}}}`;
}

function present<T>(value: T | undefined): T {
  must(value !== undefined, 'a row of a burst has its post and its key');
  return value;
}
