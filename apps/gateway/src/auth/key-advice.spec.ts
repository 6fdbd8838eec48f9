import { type KeyKind, newApiKey } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { keyAdvice } from './key-advice';

const random = { bytes: (length: number) => new Uint8Array(length).fill(7), below: () => 7 };
const [tenant, operator] = (['tenant', 'operator'] as const).map((kind) => newApiKey(kind, kind === 'tenant' ? 'test' : 'live', random).key);

describe('what a refused key is told', () => {
  it.each<[string, string | null, KeyKind, string | null]>([
    ['nothing', null, 'tenant', 'Send `Authorization: Bearer` and the whole key, `ctk_…`.'],
    ['nothing, of an operator', null, 'operator', 'Send `Authorization: Bearer` and the whole key, `lop_…`.'],
    ['the placeholder of a document', 'Bearer lop_live_…', 'operator', 'Send `Authorization: Bearer` and the whole key, `lop_…`.'],
    ['the placeholder in ASCII', 'Bearer lop_live_...', 'operator', 'What was sent is no whole key: `lop_…`, as it was shown when it was made.'],
    ['a key cut short', `Bearer ${tenant?.slice(0, -1)}`, 'tenant', 'What was sent is no whole key: `ctk_…`, as it was shown when it was made.'],
    ['an operator’s key at the public API', `Bearer ${operator}`, 'tenant', 'Keys of this API are `ctk_…`.'],
    ['a tenant’s key at the operator API', `Bearer ${tenant}`, 'operator', 'Keys of this API are `lop_…`.'],
    ['a whole key, whoever has it', `Bearer ${tenant}`, 'tenant', null],
    ['a whole operator key, whoever has it', `Bearer ${operator}`, 'operator', null],
  ])('%s', (_name, header, wanted, advice) => {
    expect(keyAdvice(header, wanted)).toBe(advice);
  });
});
