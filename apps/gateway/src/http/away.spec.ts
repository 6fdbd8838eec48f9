import { systemRandom } from '@lockstep/platform';
import { CommitUnknownError, DatabaseAwayError } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { awayRefusal } from './away';

const refused = (code: string) => Object.assign(new Error('refused'), { severity: 'ERROR', code });

describe('a request that failed with the database', () => {
  it.each([
    ['gives no connection or no answer', new DatabaseAwayError(null), undefined],
    ['lost the connection while it committed', new CommitUnknownError(null), expect.stringContaining('Idempotency-Key')],
    ['has too many connections', refused('53300'), undefined],
    ['took too long for a statement', refused('57014'), undefined],
    ['took too long for a lock', refused('55P03'), undefined],
  ])('may come again soon where it %s', (_what, failure, detail) => {
    const refusal = awayRefusal(failure, systemRandom);
    expect([refusal?.code, refusal?.detail]).toEqual(['unavailable', detail]);
    expect(['1', '2', '3']).toContain(refusal?.headers?.['Retry-After']);
  });

  it.each([
    ['a broken rule', refused('23505')],
    ['a statement that is none', refused('42601')],
    ['a defect', new TypeError('x')],
    ['nothing', undefined],
  ])('is a defect of ours where it met %s', (_what, failure) => {
    expect(awayRefusal(failure, systemRandom)).toBeNull();
  });
});
