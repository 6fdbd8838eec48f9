import { type Approved, type Instrument, must } from '@lockstep/kernel';
import type {
  ActionOutcome,
  Address,
  ClientOrderId,
  OrderColumns,
  OrderSubmission,
  RelayedAction,
  SignerHandle,
  SignerKey,
  SubmitReport,
  WorkingOrders,
} from '../../port';
import { rejectCodeIndex } from '../classify';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';
import type { VenueEgress } from '../venue-egress';
import { cancelByCloidAction } from '../wire/cancel-by-cloid';
import { noopAction } from '../wire/noop';
import { updateLeverageAction } from '../wire/update-leverage';
import { Batch, type BatchSink } from './batch';
import { PacedBatch } from './paced-batch';
import { chunkBuffers, chunkOf, rowsByWorker, workerOf } from './partition';
import type { ActionManner, FromWorker, ToWorker } from './protocol';
import { WorkerPool } from './worker-pool';
import { type Act, HyperliquidWorkingOrders } from './working-orders';

/** Actions that count against an account's larger room for cancels. */
const CANCELS: ReadonlySet<unknown> = new Set(['cancel', 'cancelByCloid', 'scheduleCancel']);
const PLAIN_MANNER: ActionManner = { acting: true, expiresAfter: 0, several: false };

/** Totals of building a batch without sending it. */
export interface BuildReport {
  readonly orders: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

/** The account of an action that no loaded signer signed. */
const NOBODY = -1;

interface Ticket {
  readonly worker: number;
  resolve(message: FromWorker): void;
  /** The worker died before it answered. */
  lost(reason: string): void;
}

/** Submission over signing workers. Main-thread work per order is a few column copies; everything else happens beside it. */
export class WorkerSubmission implements OrderSubmission {
  private readonly pool: WorkerPool;
  private readonly batches = new Map<number, Batch>();
  private readonly tickets = new Map<number, Ticket>();
  /** By egress address: the workers whose lanes there are all open. */
  private readonly lanesOpen: readonly Set<number>[];
  private nextNumber = 1;
  private nextRelay = 0;
  private readonly chunkRows: number;
  readonly working: WorkingOrders = new HyperliquidWorkingOrders((...action) => this.act(...action));

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: Pick<HyperliquidDeps, 'log' | 'workerFile' | 'onKeysLost'>,
    private readonly egress: VenueEgress,
  ) {
    this.lanesOpen = config.egress.map(() => new Set());
    // A chunk that fits the window leaves at once; a larger one would sit signed-for while the window drains.
    this.chunkRows = Math.max(1, Math.min(config.chunk, Math.floor(config.maxInFlight / config.workers)));
    this.pool = new WorkerPool(config, deps.workerFile, deps.log, {
      onMessage: (worker, message) => this.receive(worker, message),
      onDeath: (worker, reason) => this.workerDied(worker, reason),
    });
  }

  async loadSigners(keys: readonly SignerKey[]): Promise<void> {
    await this.pool.whenReady();
    for (const { handle, actingFor, wallet } of keys) {
      const account = actingFor ?? wallet;
      if (account !== undefined) this.egress.budgetReads.name(handle, account);
    }
    const shares = this.share(keys, (key) => key.handle);
    await Promise.all(shares.map((share, worker) => (share.length === 0 ? undefined : this.loadShare(worker, share))));
  }

  async dropSigners(handles: readonly SignerHandle[]): Promise<void> {
    for (const handle of handles) {
      this.egress.scheduler?.accounts.forget(handle);
      this.egress.budgetReads.forget(handle);
    }
    const shares = this.share(handles, (handle) => handle);
    await Promise.all(
      shares.map((share, worker) =>
        share.length === 0 ? undefined : this.ask(worker, (ticket) => ({ kind: 'drop', ticket, handles: Int32Array.from(share) })),
      ),
    );
  }

  async submit(orders: Approved<OrderColumns>, sink: BatchSink): Promise<SubmitReport> {
    if (this.egress.scheduler !== null) return await this.submitPaced(orders, sink);
    const batch = new Batch(this.takeNumber(), orders, sink, this.config.workers, this.chunkRows);
    this.batches.set(batch.id, batch);
    for (let worker = 0; worker < this.config.workers; worker += 1) this.feed(batch, worker);
    try {
      return await batch.done;
    } finally {
      this.batches.delete(batch.id);
    }
  }

  /** As `submit`, where limits are kept to: rows leave as the scheduler lets them, reductions of all waves first. */
  private async submitPaced(orders: OrderColumns, sink: BatchSink): Promise<SubmitReport> {
    const paced = new PacedBatch(this.takeNumber(), orders, sink, this.config.workers, this.egress, (worker, chunk) => {
      if (this.pool.isAlive(worker)) this.pool.tell(worker, { kind: 'chunk', chunk }, chunkBuffers(chunk));
      else paced.batch.workerLost(worker, 'signing worker is gone');
    });
    const { batch } = paced;
    this.batches.set(batch.id, batch);
    try {
      return await paced.run();
    } finally {
      this.batches.delete(batch.id);
    }
  }

  async cancel(signer: SignerHandle, nonce: number, instrument: Instrument, clientOrderId: ClientOrderId): Promise<ActionOutcome> {
    return await this.act(signer, nonce, cancelByCloidAction(instrument.assetId, clientOrderId));
  }

  async updateLeverage(signer: SignerHandle, nonce: number, instrument: Instrument, leverage: number, cross: boolean): Promise<ActionOutcome> {
    return await this.act(signer, nonce, updateLeverageAction(instrument.assetId, cross, leverage));
  }

  /** The nonce is the signer's own, so it is spent without naming whom the signer acts for; the venue takes no `vaultAddress` here. */
  async noop(signer: SignerHandle, nonce: number): Promise<ActionOutcome> {
    return await this.act(signer, nonce, noopAction(), { acting: false });
  }

  async relay(signed: RelayedAction): Promise<ActionOutcome> {
    await this.pool.whenReady();
    const { agentName, ...rest } = signed.action;
    // An unnamed agent is signed with an empty name, and posted without one (facts §5.2).
    const action = agentName === undefined || agentName === '' ? rest : signed.action;
    const payload = JSON.stringify({ action, nonce: signed.nonce, signature: signed.signature });
    const egress = this.nextRelay % this.config.egress.length;
    this.nextRelay += 1;
    return await this.leave(egress, NOBODY, false, () => this.ask(0, (ticket) => ({ kind: 'relay', ticket, egress, payload })));
  }

  /** Fills the workers' pools of presignatures, which otherwise fill while there is nothing to do; for measuring. */
  async prepare(): Promise<void> {
    await this.pool.whenReady();
    await Promise.all(Array.from({ length: this.config.workers }, (_, worker) => this.ask(worker, (ticket) => ({ kind: 'prepare', ticket }))));
  }

  /** Signs and builds every row on the workers without sending; for measuring. Signers must be loaded. */
  async build(orders: OrderColumns): Promise<BuildReport> {
    await this.pool.whenReady();
    const started = performance.now();
    const lists = rowsByWorker(orders.signer, orders.count, this.config.workers);
    const answers = await Promise.all(
      lists.map((rows, worker) => {
        const chunk = chunkOf(0, orders, rows);
        return this.ask(worker, (ticket) => ({ kind: 'build', ticket, chunk }), chunkBuffers(chunk));
      }),
    );
    const built = answers.flatMap((answer) => (answer.kind === 'built' ? [answer] : []));
    return {
      orders: built.reduce((sum, each) => sum + each.orders, 0),
      bytes: built.reduce((sum, each) => sum + each.bytes, 0),
      elapsedMs: performance.now() - started,
    };
  }

  async close(): Promise<void> {
    this.egress.close();
    await this.pool.close();
    for (const batch of this.batches.values())
      for (let worker = 0; worker < this.config.workers; worker += 1) batch.workerLost(worker, 'adapter closed');
    for (const [number, ticket] of [...this.tickets]) {
      this.tickets.delete(number);
      ticket.lost('adapter closed');
    }
  }

  private async loadShare(worker: number, share: readonly SignerKey[]): Promise<void> {
    const keys = new Uint8Array(share.length * 32);
    share.forEach((key, index) => {
      must(key.privateKey.length === 32, `the key of signer ${key.handle} has 32 bytes`);
      keys.set(key.privateKey, index * 32);
      empty(key.privateKey);
    });
    const actingFor: (Address | null)[] | null = share.some((key) => key.actingFor !== undefined) ? share.map((key) => key.actingFor ?? null) : null;
    const handles = Int32Array.from(share, (key) => key.handle);
    const claims = this.config.claimSigner ? share.map((key) => key.agentAddress) : null;
    await this.ask(worker, (ticket) => ({ kind: 'load', ticket, handles, keys, actingFor, claims }), [keys.buffer]);
  }

  private share<T>(items: readonly T[], handleOf: (item: T) => number): T[][] {
    const shares: T[][] = Array.from({ length: this.config.workers }, () => []);
    for (const item of items) {
      const handle = handleOf(item);
      must(Number.isInteger(handle) && handle >= 0, `signer handle ${handle} is a whole number`);
      shares[workerOf(handle, this.config.workers)]?.push(item);
    }
    return shares;
  }

  private feed(batch: Batch, worker: number): void {
    if (!this.pool.isAlive(worker)) {
      batch.workerLost(worker, 'signing worker is gone');
      return;
    }
    for (let chunk = batch.release(worker); chunk !== null; chunk = batch.release(worker))
      this.pool.tell(worker, { kind: 'chunk', chunk }, chunkBuffers(chunk));
  }

  private readonly act: Act = async (signer, nonce, action, given = {}) => {
    await this.pool.whenReady();
    const worker = workerOf(signer, this.config.workers);
    const manner = { ...PLAIN_MANNER, ...given };
    return await this.leave(this.egress.ipOf(signer), signer, CANCELS.has(action.type), () =>
      this.ask(worker, (ticket) => ({ kind: 'action', ticket, signer, nonce, action, manner })),
    );
  };

  /** Sends one action when its egress address and account let it leave, and tells them how it ended. */
  private async leave(egress: number, account: number, cancels: boolean, send: () => Promise<FromWorker>): Promise<ActionOutcome> {
    if (!(await this.egress.act(egress, account, cancels)))
      return { kind: 'rejected', code: 'not_sent', text: 'the adapter was closed before it could leave' };
    const leftAt = performance.now();
    const outcome = outcomeOf(await send());
    this.egress.answered(egress, 'control', performance.now() - leftAt);
    if (outcome.kind === 'rejected') this.egress.refusedFor(egress, account, rejectCodeIndex(outcome.code));
    this.egress.accountAnswered(account);
    this.egress.pump();
    return outcome;
  }

  private ask(worker: number, message: (ticket: number) => ToWorker, transfer: ArrayBuffer[] = []): Promise<FromWorker> {
    const number = this.takeNumber();
    return new Promise((resolve) => {
      const lost = (reason: string): void => resolve({ kind: 'action_outcome', ticket: number, outcome: { kind: 'unknown', detail: reason } });
      if (!this.pool.isAlive(worker)) {
        resolve({ kind: 'action_outcome', ticket: number, outcome: { kind: 'rejected', code: 'not_sent', text: 'signing worker is gone' } });
        return;
      }
      this.tickets.set(number, { worker, resolve, lost });
      this.pool.tell(worker, message(number), transfer);
    });
  }

  private receive(worker: number, message: FromWorker): void {
    switch (message.kind) {
      case 'outcomes':
        this.batches.get(message.batch)?.settle(message.columns);
        return;
      case 'chunk_sent': {
        const batch = this.batches.get(message.batch);
        batch?.chunkSent(worker);
        // A paced batch is fed by the scheduler alone.
        if (batch !== undefined && this.egress.scheduler === null) this.feed(batch, worker);
        return;
      }
      case 'lanes': {
        const open = this.lanesOpen[message.egress];
        if (message.open) open?.add(worker);
        else open?.delete(worker);
        this.egress.setLanes(message.egress, open?.size === this.config.workers);
        return;
      }
      case 'moved':
        this.egress.moved(message.egress);
        return;
      case 'log':
        this.deps.log(message.entry);
        return;
      case 'done':
      case 'built':
      case 'action_outcome': {
        const ticket = this.tickets.get(message.ticket);
        this.tickets.delete(message.ticket);
        ticket?.resolve(message);
        return;
      }
      case 'ready':
      case 'closed':
        return;
    }
  }

  private workerDied(worker: number, reason: string): void {
    for (const batch of [...this.batches.values()]) batch.workerLost(worker, reason);
    for (const [number, ticket] of [...this.tickets]) {
      if (ticket.worker !== worker) continue;
      this.tickets.delete(number);
      ticket.lost(reason);
    }
    this.deps.onKeysLost?.(reason);
  }

  private takeNumber(): number {
    const number = this.nextNumber;
    this.nextNumber += 1;
    return number;
  }
}

function outcomeOf(message: FromWorker): ActionOutcome {
  return message.kind === 'action_outcome' ? message.outcome : { kind: 'unknown', detail: `unexpected answer ${message.kind}` };
}

/** Overwrites a secret and, where its buffer is its own, takes the bytes away altogether. */
function empty(secret: Uint8Array): void {
  secret.fill(0);
  const { buffer } = secret;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === secret.byteLength) structuredClone(buffer, { transfer: [buffer] });
}
