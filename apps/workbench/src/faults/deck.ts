import type { LeaderMove } from '../crash/leader';

/** A rule of the simulated venue's control port (docs/venue-sim.md, "Faults"). */
export interface FaultRule {
  readonly target: 'exchange' | 'info' | 'stream';
  readonly effect: { readonly kind: string; readonly [word: string]: string | number };
  readonly when: 'before' | 'after';
  readonly type: string;
  readonly count: number;
}

/** What is done to the venue: a rule of its own, all sockets hung up, a time without blocks, or one in which it takes no orders or none of ours. */
export type Strike =
  | { readonly kind: 'rules'; readonly rules: readonly FaultRule[] }
  | { readonly kind: 'disconnect'; readonly rules: readonly FaultRule[] }
  | { readonly kind: 'halt' | 'no_trading' | 'post_only'; readonly forMs: number };

/** One fault at one stage of an order's life, and the leader's move that brings orders there. */
export interface Cell {
  readonly stage: string;
  readonly fault: string;
  readonly strike: Strike;
  readonly move: LeaderMove['kind'];
}

/** Half of the followers of a small run: the others go through, so that a wave is only partly struck. */
const SOME = 3;
/** More requests of a kind than a cell makes before it gives up or is calm. */
const MANY = 12;
const LATE_MS = 1_500;
/** Longer than an answer is waited for (`ANSWER_TIMEOUT_MS` of the run). */
const TOO_LATE_MS = 4_000;
const HALT_MS = 3_000;

type Effects = Readonly<Record<string, Pick<FaultRule, 'effect' | 'when'>>>;

const SILENT = { effect: { kind: 'silence' }, when: 'before' } as const;
/** What may happen to an action on its way, and to its answer on the way back. */
const ACTION_FAULTS: Effects = {
  'timeout, not landed': SILENT,
  'timeout, landed': { effect: { kind: 'silence' }, when: 'after' },
  'connection cut, not landed': { effect: { kind: 'hang_up' }, when: 'before' },
  'connection cut, landed': { effect: { kind: 'hang_up' }, when: 'after' },
  'refused with 429': { effect: { kind: 'status', status: 429 }, when: 'before' },
  '502, not landed': { effect: { kind: 'status', status: 502 }, when: 'before' },
  '502, landed': { effect: { kind: 'status', status: 502 }, when: 'after' },
  'answer cut off, landed': { effect: { kind: 'truncate' }, when: 'after' },
  'answer too late': { effect: { kind: 'delay', delayMs: TOO_LATE_MS }, when: 'after' },
};
const READ_FAULTS: Effects = {
  timeout: SILENT,
  'connection cut': { effect: { kind: 'hang_up' }, when: 'before' },
  'refused with 429': { effect: { kind: 'status', status: 429 }, when: 'before' },
  'answered 502': { effect: { kind: 'status', status: 502 }, when: 'before' },
  'answer cut off': { effect: { kind: 'truncate' }, when: 'before' },
  late: { effect: { kind: 'delay', delayMs: LATE_MS }, when: 'before' },
};
const FRAME_FAULTS: Effects = {
  lost: SILENT,
  duplicated: { effect: { kind: 'duplicate' }, when: 'before' },
  'out of order': { effect: { kind: 'reorder' }, when: 'before' },
  late: { effect: { kind: 'delay', delayMs: LATE_MS }, when: 'before' },
  'connection cut': { effect: { kind: 'hang_up' }, when: 'before' },
};

const struck = (target: FaultRule['target'], type: string, count: number, effects: Effects) =>
  Object.entries(effects).map(([fault, { effect, when }]) => ({ fault, rule: { target, type, count, effect, when } }));

/** Cells of a stage in which one kind of message is struck, after whatever must go wrong first. */
function cells(
  stage: string,
  move: LeaderMove['kind'],
  strikes: readonly { readonly fault: string; readonly rule: FaultRule }[],
  { before = [], cut = false }: { readonly before?: readonly FaultRule[]; readonly cut?: boolean } = {},
): Cell[] {
  return strikes.map(({ fault, rule }) => ({
    stage,
    fault,
    move,
    strike: { kind: cut ? 'disconnect' : 'rules', rules: [...before, rule] },
  }));
}

const lostOrder = (when: FaultRule['when']): FaultRule => ({ target: 'exchange', type: 'order', count: SOME, effect: { kind: 'silence' }, when });
const general = (stage: string, move: LeaderMove['kind']): Cell[] => [
  { stage, move, fault: 'every socket cut', strike: { kind: 'disconnect', rules: [] } },
  { stage, move, fault: 'venue without blocks', strike: { kind: 'halt', forMs: HALT_MS } },
  { stage, move, fault: 'trading halted', strike: { kind: 'no_trading', forMs: HALT_MS } },
  { stage, move, fault: 'post-only after an upgrade', strike: { kind: 'post_only', forMs: HALT_MS } },
];

/**
 * Every fault at every stage of an order's life at which it can strike: the leader's fill is told, its state is read after a lost connection, the entry and the exit are
 * sent, an unknown outcome is asked for, its nonce is closed, fills are read, accounts are compared, marks are told.
 */
export const FAULT_DECK: readonly Cell[] = [
  ...cells('leader fill told', 'add', struck('stream', 'userFills', SOME, FRAME_FAULTS)),
  ...cells('leader state read', 'add', struck('info', 'clearinghouseState', SOME, READ_FAULTS), { cut: true }),
  ...cells('entry sent', 'add', struck('exchange', 'order', SOME, ACTION_FAULTS)),
  ...general('entry sent', 'add'),
  ...cells('exit sent', 'reduce', struck('exchange', 'order', SOME, ACTION_FAULTS)),
  ...general('exit sent', 'reduce'),
  ...cells('flip sent', 'flip', struck('exchange', 'order', SOME, ACTION_FAULTS)),
  ...cells('outcome asked', 'add', struck('info', 'orderStatus', SOME, READ_FAULTS), { before: [lostOrder('after')] }),
  ...cells('nonce closed', 'add', struck('exchange', 'noop', SOME, ACTION_FAULTS), { before: [lostOrder('before')] }),
  ...cells('fills read', 'add', struck('info', 'userFillsByTime', SOME, READ_FAULTS)),
  ...cells('accounts compared', 'reduce', struck('info', 'clearinghouseState', MANY, READ_FAULTS)),
  ...cells('marks told', 'add', struck('stream', 'assetCtxs', SOME, FRAME_FAULTS)),
];

/** The stages in order. */
export const FAULT_STAGES: readonly string[] = [...new Set(FAULT_DECK.map(({ stage }) => stage))];
