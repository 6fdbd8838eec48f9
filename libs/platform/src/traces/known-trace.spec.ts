import { describe, expect, it } from 'vitest';
import { knownTrace, traceOfCommand, traceOfWave } from './known-trace';

describe('a trace that is known by its name', () => {
  it('has the ids of the name’s digest, so that a shell finds it', () => {
    // printf 'wave:4711' | sha256sum
    const [traceId, whole, cause] = ['f9bd2519b53a6fcfb44bbf0fa27612f6', '26e730d6aa6e3b59', 'f8ae63ad5263c7fb'];
    expect(traceOfWave('4711')).toEqual({ whole: { traceId, spanId: whole }, cause: { traceId, spanId: cause } });
    // printf 'command:ten_1:live:7' | sha256sum
    expect(traceOfCommand({ tenantId: 'ten_1', environment: 'live' }, '7').whole.traceId).toBe('5ea3eb447079b9fb8e5fd9c0e1fa851d');
  });

  it('names its parts apart, and no other’s', () => {
    const scope = { tenantId: 'ten_1', environment: 'live' };
    const traces = [traceOfCommand(scope, '7'), traceOfCommand(scope, '8'), traceOfCommand({ ...scope, environment: 'test' }, '7'), knownTrace('7')];
    expect(new Set(traces.map(({ whole }) => whole.traceId)).size).toBe(4);
    for (const { cause, whole } of traces) {
      expect(cause.traceId).toBe(whole.traceId);
      expect(new Set([cause.spanId, whole.spanId, whole.traceId.slice(0, 16)]).size).toBe(3);
      expect([cause.spanId, whole.spanId].every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    }
  });
});
