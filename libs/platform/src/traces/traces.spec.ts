import { afterEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../clock/random';
import { createLogger } from '../log/logger';
import { secret } from '../log/secret';
import { collectTraces, type TraceCollector } from '../testing/trace-collector';
import { type EndedSpan, NO_TRACES, readTraceparent, TRACE_LIMITS, type Traces } from './spans';
import { openTraces } from './traces';

const open: TraceCollector[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
async function collector(status = 200): Promise<TraceCollector> {
  const made = await collectTraces(status);
  open.push(made);
  return made;
}

const lines: string[] = [];
const log = createLogger({ process: 'engine', level: 'debug', write: (line) => lines.push(line) });
const to = (url: string | null, share = 1): Promise<Traces> =>
  openTraces({ url, authorization: secret('Bearer hidden-from-logs'), share, process: 'engine', random: systemRandom, log });
const AT = 1_800_000_000_000.25;
const span = (over: Partial<EndedSpan> = {}): EndedSpan => ({
  name: 'work',
  startMs: AT,
  endMs: AT + 12.5,
  parent: null,
  kind: 'internal',
  facts: { 'wave.id': '7', 'wave.orders': 3, held: true },
  failed: false,
  ...over,
});

describe('spans', () => {
  it('reach a collector with their times, facts, family and fate', async () => {
    const at = await collector();
    const traces = await to(at.url);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const root = traces.tell(span({ traceId, failed: true }));
    traces.tell(span({ name: 'part', parent: root, kind: 'server' }));
    traces.tell(span({ name: 'other' }));
    await traces.close();
    const [whole, part, other] = at.spans;
    expect(whole).toMatchObject({ traceId, spanId: root?.spanId, name: 'work', status: { code: 2 } });
    expect([whole?.startTimeUnixNano, whole?.endTimeUnixNano]).toEqual(['1800000000000250000', '1800000000012750000']);
    expect(whole?.attributes).toEqual([
      { key: 'wave.id', value: { stringValue: '7' } },
      { key: 'wave.orders', value: { intValue: 3 } },
      { key: 'held', value: { boolValue: true } },
    ]);
    expect(part).toMatchObject({ traceId, parentSpanId: root?.spanId, kind: 2, status: { code: 0 } });
    expect(whole?.parentSpanId ?? '').toBe('');
    expect(other?.traceId).not.toBe(traceId);
    expect(other?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect([whole?.service, at.authorizations[0]]).toEqual(['engine', 'Bearer hidden-from-logs']);
  });

  it.each<[string, () => Promise<string>]>([
    ['is away', async () => 'http://127.0.0.1:9/v1/traces'],
    ['refuses', async () => (await collector(400)).url],
  ])('of a collector that %s are lost, and nobody waits or throws', async (_what, url) => {
    lines.length = 0;
    const traces = await to(await url());
    for (let no = 0; no < TRACE_LIMITS.waitingSpansMax + 10; no += 1) traces.tell(span());
    await traces.close();
    expect(lines.join('')).not.toContain('hidden-from-logs');
  });

  it('go nowhere without a collector', async () => {
    expect(await to(null)).toBe(NO_TRACES);
    expect(NO_TRACES.tell(span())).toBeNull();
  });

  it.each([0, 0.25, 1])('of the share %d are told of, the same for all of one trace', async (share) => {
    const traces = await to((await collector()).url, share);
    const ids = Array.from({ length: 4_000 }, () => traces.newTraceId());
    const told = ids.filter((id) => traces.samples(id));
    expect(ids.filter((id) => traces.samples(id))).toEqual(told);
    // Five standard deviations around the share.
    expect(Math.abs(told.length / ids.length - share)).toBeLessThanOrEqual(5 * Math.sqrt((share * (1 - share)) / ids.length));
    await traces.close();
  });
});

describe('a traceparent', () => {
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  it.each<[string, string | null, boolean]>([
    ['of version 00', `00-${traceId}-${spanId}-01`, true],
    ['not sampled', `00-${traceId}-${spanId}-00`, true],
    ['of a later version with more', `cc-${traceId}-${spanId}-01-what-the-future`, true],
    ['of the version there is not', `ff-${traceId}-${spanId}-01`, false],
    ['of no trace', `00-${'0'.repeat(32)}-${spanId}-01`, false],
    ['of no span', `00-${traceId}-${'0'.repeat(16)}-01`, false],
    ['in upper case', `00-${traceId.toUpperCase()}-${spanId}-01`, false],
    ['cut short', `00-${traceId}-${spanId}`, false],
    ['that is none', 'let me in', false],
    ['that is not there', null, false],
  ])('%s', (_what, text, read) => expect(readTraceparent(text)).toEqual(read ? { traceId, spanId } : null));
});
