import { parseMoney, parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import type { Json, Observation, Submission, VirtualTime, World } from '@lockstep/simulation';

const field = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined);
const text = (value: unknown, name: string): string => String(field(value, name) ?? '');

const HOUR_MS = 3_600_000;
/** So long after its moment, in ms, a charge of funding is among the venue's rows: it comes with a block. */
export const CHARGED_MS = 500;

/** States of an order that has not ended. */
const STANDS: ReadonlySet<string> = new Set(['open', 'triggered']);

/** Tells the auditor what truly happens in the world, whoever knows of it. */
export class WorldTap {
  private readonly fundingTo = new Map<string, number>();
  /** Signers that counted once: what refuses one that never did says nothing of later. */
  private readonly given = new Set<string>();
  /** Orders told as resting. */
  private readonly stands = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly exact: () => number,
    private readonly accountOfSigner: (signer: string) => string | null,
    private readonly isFollower: (address: string) => boolean,
    private readonly observe: (observation: Observation) => void,
  ) {
    world.control.onFills((address, fill) => {
      if (this.isFollower(address)) this.fill(address, fill);
    });
  }

  /** The world as engines submit to it: every order's end on arrival is told, and every signer that comes or is found gone. */
  watched(): World {
    const { world } = this;
    return new Proxy(world, {
      get: (target, name) => {
        if (name === 'submitWith') return (submission: Submission, answered: Parameters<World['submitWith']>[1]) => this.submit(submission, answered);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** An account was set up with this signer, without an approval that was submitted. */
  setUpWith(signer: string): void {
    this.given.add(signer);
  }

  /** Tells charges of funding that are new since the last look. */
  funding(addresses: readonly string[]): void {
    for (const address of addresses) {
      const since = this.fundingTo.get(address) ?? 0;
      const answer = this.world.info({ type: 'userFunding', user: address, startTime: since + 1 });
      const rows: readonly unknown[] = Array.isArray(answer.body) ? answer.body : [];
      for (const row of rows) {
        const time = Number(field(row, 'time'));
        const delta = field(row, 'delta');
        this.fundingTo.set(address, Math.max(time, this.fundingTo.get(address) ?? 0));
        const amount = unwrap(parseMoney(text(delta, 'usdc')), 'funding');
        if (amount !== 0n) this.observe({ kind: 'world_funding', at: this.exact(), account: address, coin: text(delta, 'coin'), time, amount });
      }
    }
  }

  /** From now on tells what the venue charges by itself at every full hour as soon after it as a charge that was asked for. Whose it is follows from what is held then. `catchUp` brings the world to the present: its blocks come when somebody looks. */
  hourlyFunding(time: Pick<VirtualTime, 'exact' | 'after' | 'every'>, addresses: readonly string[], catchUp: () => void): void {
    const look = (): void => {
      catchUp();
      this.funding(addresses);
    };
    time.after(HOUR_MS - (time.exact() % HOUR_MS) + CHARGED_MS, () => {
      look();
      time.every(HOUR_MS, look);
    });
  }

  /**
   * Tells the end of what stands at the venue from now on, for followers named: what fills later, is cancelled by whomever, or goes with the position. Orders that
   * ended on arrival were told.
   */
  standing(addresses: readonly string[]): void {
    for (const address of addresses)
      unwrap(
        this.world.subscribe({ type: 'orderUpdates', user: address }, (frame) => this.updates(address, frame.data)),
        'updates',
      );
  }

  private updates(account: string, data: Json): void {
    for (const update of Array.isArray(data) ? data : []) {
      const cloid = field(field(update, 'order'), 'cloid');
      if (typeof cloid !== 'string' || STANDS.has(text(update, 'status')) || !this.stands.delete(cloid)) continue;
      this.observe({ kind: 'world_order', at: this.exact(), account, coin: text(field(update, 'order'), 'coin'), cloid, status: 'done' });
    }
  }

  private submit(submission: Submission, answered: Parameters<World['submitWith']>[1]): void {
    const orders = ordersIn(submission.action);
    this.world.submitWith(submission, (answer) => {
      for (const [index, order] of orders.entries()) this.order(submission, order, answer, index);
      const type = field(submission.action, 'type');
      const isTaken = field(answer, 'status') === 'ok';
      // Wherever its answer goes: no order that was given the same nonce can land any more, by an engine that lives on beside this one too.
      if (orders.length === 0 && type !== 'approveAgent' && isTaken)
        this.observe({ kind: 'nonce_voided', at: this.exact(), signer: submission.signer, nonce: submission.nonce });
      // A `noop` or a cancel may be all that an account is left to send.
      if (orders.length === 0 && this.given.has(submission.signer)) this.gone(submission, errorIn(answer));
      if (type === 'approveAgent' && isTaken) this.give(submission);
      answered(answer);
    });
  }

  private order(submission: Submission, order: unknown, answer: unknown, index: number): void {
    const cloid = field(order, 'c');
    const account = this.accountOfSigner(submission.signer);
    if (typeof cloid !== 'string' || account === null) return;
    const error = errorIn(answer, index);
    // A nonce that was used says nothing of this order: it may be the very one.
    if (error?.startsWith('Invalid nonce: duplicate') === true) return;
    this.gone(submission, error);
    const status = error !== null ? 'rejected' : isResting(order, statusAt(answer, index)) ? 'resting' : 'done';
    if (status === 'resting') this.stands.add(cloid);
    const reason = error === null ? {} : { reason: error };
    this.observe({ kind: 'world_order', at: this.exact(), account, coin: '', cloid, status, ...reason });
  }

  private give({ signer: account, action }: Submission): void {
    const signer = text(action, 'agentAddress');
    this.given.add(signer);
    this.observe({ kind: 'signer_given', at: this.exact(), account, signer });
  }

  /** An agent that was replaced or ended never signs again: its address is not used twice. */
  private gone({ signer }: Submission, error: string | null): void {
    const account = this.accountOfSigner(signer);
    if (account === null || error?.endsWith('does not exist.') !== true) return;
    this.observe({ kind: 'signer_gone', at: this.exact(), account, signer });
  }

  private fill(account: string, fill: Json): void {
    const cloid = field(fill, 'cloid');
    this.observe({
      kind: 'world_fill',
      at: this.exact(),
      account,
      tradeId: text(fill, 'tid'),
      coin: text(fill, 'coin'),
      cloid: typeof cloid === 'string' ? cloid : null,
      buy: text(fill, 'side') === 'B',
      size: unwrap(parseSize(text(fill, 'sz')), 'size'),
      price: unwrap(parsePrice(text(fill, 'px')), 'price'),
      fee: unwrap(parseMoney(text(fill, 'fee')), 'fee'),
      closedPnl: unwrap(parseMoney(text(fill, 'closedPnl')), 'closed pnl'),
      liquidation: field(fill, 'liquidation') !== undefined,
    });
  }
}

/** Orders of an action, those that replace others among them. */
function ordersIn(action: unknown): readonly unknown[] {
  const type = field(action, 'type');
  const list = field(action, type === 'order' ? 'orders' : 'modifies');
  if ((type !== 'order' && type !== 'batchModify') || !Array.isArray(list)) return [];
  return type === 'order' ? list : list.map((change) => field(change, 'order'));
}

function statusAt(answer: unknown, index: number): unknown {
  const statuses = field(field(field(answer, 'response'), 'data'), 'statuses');
  return Array.isArray(statuses) ? statuses[index] : undefined;
}

/** Why an action, or one order in it, was refused; null: it was not. */
function errorIn(answer: unknown, index = 0): string | null {
  if (field(answer, 'status') === 'err') return text(answer, 'response');
  const error = field(statusAt(answer, index), 'error');
  return typeof error === 'string' ? error : null;
}

/** Whether it stands, waits for its trigger, or what an order that may stand left unfilled does. */
function isResting(order: unknown, status: unknown): boolean {
  if (status === 'waitingForTrigger' || field(status, 'resting') !== undefined) return true;
  const filled = field(status, 'filled');
  return (
    filled !== undefined && text(field(field(order, 't'), 'limit'), 'tif') === 'Gtc' && Number(text(filled, 'totalSz')) < Number(text(order, 's'))
  );
}
