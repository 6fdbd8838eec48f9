import type { IncomingMessage } from 'node:http';
import { err, ok, type Result } from '@lockstep/kernel';

/** Reads a whole body as text; `too_large` once it passes `mostBytes`, `aborted` when the client leaves. */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<Result<string, 'too_large' | 'aborted'>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) return resolve(err('too_large'));
      chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(ok(chunks.length === 1 && chunks[0] !== undefined ? chunks[0].toString('utf8') : Buffer.concat(chunks).toString('utf8'))),
    );
    request.on('close', () => resolve(err('aborted')));
    request.on('error', () => resolve(err('aborted')));
  });
}

/** Parses JSON; undefined when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
