import { createHash } from 'node:crypto';
import { big, bytes, orNull, text, time } from '../unit/codec';
import type { Sql } from '../unit/sql';
import type { SqlRow } from '../unit/table';

/** Where a chain stands. */
export interface AuditHead {
  readonly no: bigint;
  readonly digest: Buffer;
}

/** A line as a chain is proved by it: JSON as the text that was written. */
export interface AuditLink {
  readonly no: bigint;
  readonly previous: Buffer;
  readonly digest: Buffer;
  readonly fields: readonly (string | null)[];
}

/** Digest of nothing: what the first line follows on. */
export const AUDIT_GENESIS = Buffer.alloc(32);

export const LINK_COLUMNS =
  'no, previous, digest, id, actor, action, target_id, request_id, created_at, detail::text as detail, before::text as before, after::text as after';

export function linkOf(row: SqlRow): AuditLink {
  const texts = (names: readonly string[]): readonly (string | null)[] => names.map((name) => orNull(text(name)).read(row[name]));
  return {
    no: big('no').read(row.no),
    previous: bytes('previous').read(row.previous),
    digest: bytes('digest').read(row.digest),
    fields: [
      ...texts(['id', 'actor', 'action', 'target_id', 'request_id']),
      time('created_at').read(row.created_at).toString(),
      ...texts(['detail', 'before', 'after']),
    ],
  };
}

export async function readHead(unit: Sql, statement: string, parameters: readonly string[] = []): Promise<AuditHead> {
  const [row] = await unit.query(statement, parameters);
  return row === undefined
    ? { no: 0n, digest: AUDIT_GENESIS }
    : { no: big('top_no').read(row.top_no), digest: bytes('top_digest').read(row.top_digest) };
}

/**
 * Why a chain does not prove itself at a line: `missing` (a number has no line), `content` (the line is not what was digested), `link` (it does not follow
 * on the line before it), `head` (the newest line is not the one the head names: lines were taken off the end).
 */
export const AUDIT_BREAKS = ['missing', 'content', 'link', 'head'] as const;
export type AuditBreak = (typeof AUDIT_BREAKS)[number];

/** The chain's name in its digests. */
export const chainOfScope = (tenantId: string, environment: string): string => `${tenantId}/${environment}`;
export const PLATFORM_CHAIN = 'platform';

/** The digest a line must have: of its chain, number, predecessor and fields, each with its length, so that no two lines have one text. */
export function digestOfLink(chain: string, { no, previous, fields }: AuditLink): Buffer {
  const parts = [chain, no.toString(), previous.toString('hex'), ...fields];
  return createHash('sha256')
    .update(parts.map((part) => `${part === null ? '-' : `${Buffer.byteLength(part)}:${part}`},`).join(''))
    .digest();
}

/** Lines of a chain that were looked at, and the first that does not prove itself. */
export interface AuditProof {
  readonly lines: number;
  readonly brokenAt: { readonly no: bigint; readonly why: AuditBreak } | null;
  /** Digest of the last line that was proved; of nothing before the first. */
  readonly digest: Buffer;
}

/** A chain that can be read line by line. */
export interface AuditSource {
  readonly chain: string;
  head(): Promise<AuditHead>;
  links(fromNo: bigint, limit: number): Promise<readonly AuditLink[]>;
}

const READ_AT_ONCE = 1_000;

/**
 * Proves the lines `fromNo` to `toNo` (both included; `toNo` at most the head) of a chain, and that they follow on the line before them. Call it in a unit
 * that sees one moment (`repeatable read`).
 */
export async function proveAuditChain(source: AuditSource, fromNo: bigint, toNo: bigint): Promise<AuditProof> {
  const head = await source.head();
  const anchor = fromNo > 1n ? (await source.links(fromNo - 1n, 1))[0] : undefined;
  if (fromNo > 1n && anchor?.no !== fromNo - 1n) return { lines: 0, brokenAt: { no: fromNo - 1n, why: 'missing' }, digest: AUDIT_GENESIS };
  let digest = anchor?.digest ?? AUDIT_GENESIS;
  let lines = 0;
  const broken = (no: bigint, why: AuditBreak): AuditProof => ({ lines, brokenAt: { no, why }, digest });
  for (let next = fromNo; next <= toNo; ) {
    const links = await source.links(next, READ_AT_ONCE);
    if (links.length === 0) return broken(next, 'missing');
    for (const link of links) {
      if (next > toNo) break;
      if (link.no !== next) return broken(next, 'missing');
      if (!digestOfLink(source.chain, link).equals(link.digest)) return broken(next, 'content');
      if (!link.previous.equals(digest)) return broken(next, 'link');
      digest = link.digest;
      next += 1n;
      lines += 1;
    }
  }
  if (toNo === head.no && !digest.equals(head.digest)) return broken(toNo, 'head');
  return { lines, brokenAt: null, digest };
}
