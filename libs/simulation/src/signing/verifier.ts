import { err, must, ok, type Result } from '@lockstep/kernel';
import type { Address } from '../exchange/port';
import type { RecoveredBatch, TextForm } from './batch';
import type { Cosigners } from './cosigners';
import { inlineLane, type RecoverLane, threadLane } from './lane';
import { createRecoverer } from './recoverer';
import type { SignedRequest } from './request';
import type { VerifyMode } from './verify-mode';

/** `unrecoverable`: no signer behind r, s, v. `busy`: more requests wait than the bound allows; the caller sheds load. */
export type VerifyError = 'unrecoverable' | 'busy';

export interface SignedText {
  readonly request: SignedRequest;
  /** The text the request was read from; it crosses to the recovering thread. */
  readonly text: string;
  readonly form: TextForm;
  readonly testnet: boolean;
}

export interface VerifierStats {
  readonly curve: 'native' | 'wasm';
  readonly threads: number;
  /** Signatures recovered since start. */
  readonly recovered: number;
  /** Requests whose claimed signer was taken without recovery. */
  readonly trusted: number;
  /** Sampled claims whose recovery gave another address. */
  readonly refuted: number;
  readonly waiting: number;
}

/** Names the signer of each request; answers leave in the order the requests came. */
export interface Verifier {
  /** How much is recovered from now on. */
  mode: VerifyMode;
  signerOf(signed: SignedText): Promise<Result<Address, VerifyError>>;
  /** Who signed beside the outer signer of a `multiSig` action; recovered in the caller's thread, for there are few. */
  cosignersOf(signed: SignedText): Cosigners;
  stats(): VerifierStats;
  close(): Promise<void>;
}

export interface VerifierConfig {
  readonly mode: VerifyMode;
  /** Recovering threads; 0 recovers in the caller's thread (tests from sources). */
  readonly threads: number;
  readonly batchMaxRows: number;
  readonly waitingMaxRows: number;
  /** A recovering thread died: the process cannot go on. */
  readonly onFailure: (error: Error) => void;
}

export const VERIFIER_DEFAULTS = { threads: 1, batchMaxRows: 128, waitingMaxRows: 200_000 } as const;

interface Waiting {
  readonly signed: SignedText;
  readonly resolve: (signer: Result<Address, VerifyError>) => void;
}

interface Batch {
  readonly id: number;
  readonly rows: readonly Waiting[];
  signers: readonly (Address | null)[] | null;
}

/** Collects requests into batches, spreads them over the threads and releases the answers in order of arrival. */
export async function createVerifier(config: VerifierConfig): Promise<Verifier> {
  const { batchMaxRows, waitingMaxRows } = config;
  let mode = config.mode;
  const recoverer = await createRecoverer();
  const counts = { recovered: 0, trusted: 0, refuted: 0, waiting: 0, claims: 0 };
  const sent: Batch[] = [];
  let open: Waiting[] = [];
  let nextId = 0;
  let flushDue = false;

  const release = ({ id, signers }: RecoveredBatch): void => {
    const batch = sent.find((candidate) => candidate.id === id);
    must(batch !== undefined, `batch ${id} was sent`);
    batch.signers = signers;
    for (let head = sent[0]; head !== undefined && head.signers !== null; head = sent[0]) {
      sent.shift();
      settle(head.rows, head.signers);
    }
  };
  const settle = (rows: readonly Waiting[], signers: readonly (Address | null)[]): void => {
    counts.waiting -= rows.length;
    counts.recovered += rows.length;
    rows.forEach(({ signed, resolve }, row) => {
      const signer = signers[row] ?? null;
      const claim = mode.kind === 'all' ? null : signed.request.claimedSigner;
      if (claim !== null && claim !== signer) counts.refuted += 1;
      resolve(signer === null ? err('unrecoverable') : ok(signer));
    });
  };

  const lanes: readonly RecoverLane[] =
    config.threads === 0
      ? [await inlineLane(release)]
      : await Promise.all(Array.from({ length: config.threads }, () => threadLane(release, config.onFailure)));

  const flush = (): void => {
    flushDue = false;
    if (open.length === 0) return;
    const rows = open;
    open = [];
    const id = nextId;
    nextId += 1;
    sent.push({ id, rows, signers: null });
    const signed = rows.map((row) => row.signed);
    lanes[id % lanes.length]?.send({ id, texts: signed.map((s) => s.text), forms: signed.map((s) => s.form), testnet: signed.map((s) => s.testnet) });
  };
  const recover = (signed: SignedText): Promise<Result<Address, VerifyError>> => {
    if (counts.waiting >= waitingMaxRows) return Promise.resolve(err('busy'));
    counts.waiting += 1;
    return new Promise((resolve) => {
      open.push({ signed, resolve });
      if (open.length >= batchMaxRows) return flush();
      if (flushDue) return;
      flushDue = true;
      setImmediate(flush);
    });
  };
  const mayTrust = (): boolean => {
    counts.claims += 1;
    return mode.kind === 'off' || (mode.kind === 'sample' && counts.claims % mode.every !== 0);
  };

  return {
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
    },
    signerOf: (signed) => {
      const claim = signed.request.claimedSigner;
      if (mode.kind === 'all' || claim === null || !mayTrust()) return recover(signed);
      counts.trusted += 1;
      return Promise.resolve(ok(claim));
    },
    cosignersOf: ({ request, testnet }) => (request.action.type === 'multiSig' ? recoverer.cosigners(request, testnet) : []),
    stats: () => ({
      curve: lanes[0]?.curve ?? 'wasm',
      threads: config.threads,
      recovered: counts.recovered,
      trusted: counts.trusted,
      refuted: counts.refuted,
      waiting: counts.waiting,
    }),
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
