import { AUDIT_BREAKS, type AuditSource, proveAuditChain } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../../http/documented';
import { sha256Field } from '../../http/fields';

/** Lines that one request proves. */
export const PROVED_LINES_MAX = 10_000;

const lineNoText = z.string().regex(/^\d{1,18}$/);
const lineNo = z
  .string()
  .regex(/^[1-9]\d{0,17}$/)
  .optional();
export const verificationQuery = z.object({
  from_no: lineNo.describe('First line to prove. Left out: the first there is.'),
  to_no: lineNo.describe(`Last line to prove, at most ${PROVED_LINES_MAX} in one request. Left out: as far as one request goes.`),
});
export type VerificationQuery = z.output<typeof verificationQuery>;

export const verificationSchema = named(
  'AuditVerification',
  z
    .object({
      intact: z.boolean().describe('Whether every line proves itself and follows on the line before it.'),
      from_no: lineNoText,
      to_no: lineNoText.describe('Last line that was looked at; below `from_no` where there is none.'),
      lines: z.int().min(0).describe('Lines that were proved.'),
      broken_at: z
        .object({
          no: lineNoText,
          reason: z
            .enum(AUDIT_BREAKS)
            .describe(
              '`missing`: there is no line of this number. `content`: it is not what was written. `link`: it does not follow on the line before it. `head`: newer lines were taken away.',
            ),
        })
        .nullable()
        .describe('The first line that does not prove itself.'),
      digest: sha256Field.describe('Digest of the last line that was proved. Keep it: as long as this line has it, nothing up to it was changed.'),
      head_no: lineNoText.describe('Number of the newest line.'),
      next_from_no: lineNoText.nullable().describe('`from_no` of the next request; null: everything up to the newest line was looked at.'),
    })
    .describe('What a chain proves of itself, computed anew from the lines.'),
);

/** Proves the lines a query names. */
export async function verificationBody(source: AuditSource, query: VerificationQuery): Promise<z.output<typeof verificationSchema>> {
  const head = await source.head();
  const from = BigInt(query.from_no ?? 1);
  const bound = from + BigInt(PROVED_LINES_MAX) - 1n;
  const to = [BigInt(query.to_no ?? head.no), head.no, bound].reduce((least, one) => (one < least ? one : least));
  const proof = to < from ? null : await proveAuditChain(source, from, to);
  const brokenAt = proof?.brokenAt ?? null;
  return {
    intact: brokenAt === null,
    from_no: from.toString(),
    to_no: to.toString(),
    lines: proof?.lines ?? 0,
    broken_at: brokenAt === null ? null : { no: brokenAt.no.toString(), reason: brokenAt.why },
    digest: (proof?.digest ?? head.digest).toString('hex'),
    head_no: head.no.toString(),
    next_from_no: to < head.no && to >= from ? (to + 1n).toString() : null,
  };
}
