import type { Id } from '@lockstep/kernel';
import type { ExportRow, ScopedUnit } from '@lockstep/storage';
import { Answer } from '../../http/answer';
import { ProblemException } from '../../http/problem-exception';

/** Most bytes of one answer; a larger file is read on with Range. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024;

/** A rendered file or the part that `Range` asks for. ETag and Repr-Digest are of the whole file, so that a download resumes safely. */
export async function fileAnswer(unit: ScopedUnit, file: ExportRow, rangeHeader: string | null): Promise<Answer> {
  if (file.status !== 'ready' || file.byteCount === null || file.sha256 === null) throw new ProblemException('not_ready');
  const size = Number(file.byteCount);
  const digest = file.sha256.toString('base64');
  const range = rangeOf(rangeHeader, size);
  const bytes = await readBytes(unit, file.id, range.first, range.last);
  const end = range.first + bytes.length - 1;
  const partial = bytes.length < size;
  const name = (file.fileName ?? `${file.id}.csv`).replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return new Answer(partial ? 206 : 200, bytes, {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${name}"; filename*=UTF-8''${name}`,
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
    ETag: `"${file.sha256.toString('hex')}"`,
    'Repr-Digest': `sha-256=:${digest}:`,
    ...(partial ? { 'Content-Range': `bytes ${range.first}-${end}/${size}` } : {}),
  });
}

function rangeOf(text: string | null, size: number): { readonly first: number; readonly last: number } {
  const whole = { first: 0, last: Math.min(size, ANSWER_MAX_BYTES) - 1 };
  if (text === null) return whole;
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(text.trim());
  if (match === null) return whole;
  const first = Number(match[1]);
  const wanted = match[2] === '' ? size - 1 : Number(match[2]);
  if (first >= size || wanted < first) throw new ProblemException('range_not_satisfiable', { headers: { 'Content-Range': `bytes */${size}` } });
  return { first, last: Math.min(wanted, size - 1, first + ANSWER_MAX_BYTES - 1) };
}

async function readBytes(unit: ScopedUnit, id: Id<'export'>, first: number, last: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = first; at <= last; ) {
    const chunk = await unit.exports.chunkAt(id, BigInt(at));
    if (chunk === null) break;
    const skip = at - Number(chunk.firstByte);
    const part = chunk.bytes.subarray(skip, skip + (last - at + 1));
    parts.push(part);
    at += part.length;
  }
  return Buffer.concat(parts);
}
