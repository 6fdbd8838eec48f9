import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bodySha256, EMPTY_BODY_SHA256, signatureOf } from './request-signatures';

const page = readFileSync(join(__dirname, '../../../../docs/request-signing.md'), 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\n\`\`\``).exec(page)?.[1] ?? '';
const secret = /The secret is `(sgs_[\w-]+)`/.exec(page)?.[1] ?? '';
const vectors = z
  .array(
    z.object({ timestamp: z.string(), method: z.string(), target: z.string(), body: z.string(), body_sha256: z.string(), signature: z.string() }),
  )
  .min(4)
  .parse(JSON.parse(block('json')));

describe('docs/request-signing.md', () => {
  it.each(vectors)('has a vector for $method $target that comes out', ({ timestamp, method, target, body, body_sha256, signature }) => {
    expect(bodySha256(body)).toBe(body_sha256);
    if (body === '') expect(body_sha256).toBe(EMPTY_BODY_SHA256);
    expect(`v1=${signatureOf(secret, { timestamp, method, target, bodySha256: body_sha256 })}`).toBe(signature);
  });

  it.each(vectors)('has a shell way that comes to the same for $method $target', ({ timestamp, method, target, body, signature }) => {
    const script = `${block('sh').replace(/^time=.*$/m, `time=${timestamp}`)}\nprintf 'v1=%s' "$signature"`;
    const env = { PATH: '/usr/bin:/bin', BODY: body, METHOD: method, TARGET: target, SECRET: secret };
    expect(execFileSync('sh', ['-c', script], { env, encoding: 'utf8' })).toBe(signature);
  });
});
