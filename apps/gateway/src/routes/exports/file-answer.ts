import type { Id } from '@lockstep/kernel';
import type { ExportRow, ScopedUnit } from '@lockstep/storage';
import { StreamableFile } from '@nestjs/common';
import { Answer } from '../../http/answer';
import { type Call, header } from '../../http/call';
import { ProblemException } from '../../http/problem-exception';

/** Most bytes of one answer; a larger file is read on with Range. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024;

interface Part {
  readonly first: number;
  readonly last: number;
}

/**
 * A rendered file or the part that `Range` asks for. ETag and Repr-Digest are of the whole file, so that a download resumes safely:
 * with `If-Range` the whole file is given when it is another one than the client began with.
 */
export async function fileAnswer(unit: ScopedUnit, file: ExportRow, call: Pick<Call, 'headers'>): Promise<Answer> {
  if (file.status !== 'ready' || file.byteCount === null || file.sha256 === null) throw new ProblemException('not_ready');
  const size = Number(file.byteCount);
  const etag = `"${file.sha256.toString('hex')}"`;
  const validators = { ETag: etag, 'Repr-Digest': `sha-256=:${file.sha256.toString('base64')}:`, 'Accept-Ranges': 'bytes' };
  if (header(call, 'if-none-match') === etag) return new Answer(304, undefined, validators);
  const sameFile = (header(call, 'if-range') ?? etag) === etag;
  const part = partOf(sameFile ? header(call, 'range') : null, size);
  const bytes = await readBytes(unit, file.id, part);
  const name = (file.fileName ?? `${file.id}.csv`).replaceAll(/[^A-Za-z0-9._-]/g, '_');
  const partial = bytes.length < size;
  return new Answer(partial ? 206 : 200, new StreamableFile(bytes), {
    ...validators,
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${name}"; filename*=UTF-8''${name}`,
    ...(partial ? { 'Content-Range': `bytes ${part.first}-${part.first + bytes.length - 1}/${size}` } : {}),
  });
}

function partOf(text: string | null, size: number): Part {
  const whole = { first: 0, last: Math.min(size, ANSWER_MAX_BYTES) - 1 };
  const match = text === null ? null : /^bytes=(\d{1,15})-(\d{0,15})$/.exec(text.trim());
  if (match === null) return whole;
  const first = Number(match[1]);
  const wanted = match[2] === '' ? size - 1 : Number(match[2]);
  if (first >= size || wanted < first) throw new ProblemException('range_not_satisfiable', { headers: { 'Content-Range': `bytes */${size}` } });
  return { first, last: Math.min(wanted, size - 1, first + ANSWER_MAX_BYTES - 1) };
}

async function readBytes(unit: ScopedUnit, id: Id<'export'>, part: Part): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = part.first; at <= part.last; ) {
    const chunk = await unit.exports.chunkAt(id, BigInt(at));
    // Files past their keeping time lose their bytes; the digest and the manifest stay.
    if (chunk === null) throw new ProblemException('gone', { detail: 'The file is past its keeping time.' });
    const skip = at - Number(chunk.firstByte);
    const bytes = chunk.bytes.subarray(skip, skip + (part.last - at + 1));
    parts.push(bytes);
    at += bytes.length;
  }
  return Buffer.concat(parts);
}
