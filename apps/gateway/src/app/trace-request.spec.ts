import { makeId } from '@lockstep/kernel';
import { NO_TRACES, traceOfCommand } from '@lockstep/platform';
import { keptTraces } from '@lockstep/platform/testing/kept-traces';
import type { VerifiedKey } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { type TracedRequest, traceRequest } from './trace-request';

const REQUEST: TracedRequest = {
  door: 'public',
  method: 'GET',
  status: 200,
  ms: 12,
  admittedAs: 'reads',
  aborted: false,
  struck: false,
  endedAt: 1_800_000_000_012,
  requestId: 'req_1',
  operation: 'GET /v1/copies/{id}',
  traceparent: null,
  key: undefined,
  commandNo: null,
};
const [TRACE, SPAN] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];

describe('a request that is over', () => {
  it('is told of by its route, never by its address', () => {
    const traces = keptTraces();
    traceRequest(traces, REQUEST);
    expect(traces.spans).toMatchObject([
      { name: 'GET /v1/copies/{id}', startMs: 1_800_000_000_000, endMs: 1_800_000_000_012, parent: null, kind: 'server', failed: false },
    ]);
    expect(traces.spans[0]?.facts).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/v1/copies/{id}',
      'request.id': 'req_1',
      'request.door': 'public',
      'request.aborted': false,
      'request.class': 'reads',
    });
  });

  it('goes on with its caller’s trace', () => {
    const traces = keptTraces();
    traceRequest(traces, { ...REQUEST, traceparent: `00-${TRACE}-${SPAN}-01` });
    expect(traces.spans[0]).toMatchObject({ parent: { traceId: TRACE, spanId: SPAN }, traceId: TRACE });
  });

  describe('that asked something of the engine', () => {
    const key = { tenantId: makeId('tenant', 1, new Uint8Array(10)), environment: 'test', keyId: 'key_1' } as unknown as VerifiedKey;
    const asked = { ...REQUEST, method: 'POST', operation: 'POST /v1/copies/{id}/pause', key, commandNo: 7n };
    const { cause } = traceOfCommand(key, '7');

    it('begins the trace of its command, whatever share is sampled', () => {
      const traces = keptTraces(0);
      traceRequest(traces, asked);
      expect(traces.spans).toMatchObject([{ ...cause, name: 'POST /v1/copies/{id}/pause', parent: null, facts: { 'command.no': '7' } }]);
    });

    it('stands in its caller’s trace as well', () => {
      const traces = keptTraces(0);
      traceRequest(traces, { ...asked, traceparent: `00-${TRACE}-${SPAN}-01` });
      expect(traces.spans).toMatchObject([
        { parent: { traceId: TRACE, spanId: SPAN }, traceId: TRACE },
        { ...cause, parent: null },
      ]);
    });
  });

  it('that no route serves has no route', () => {
    const traces = keptTraces();
    traceRequest(traces, { ...REQUEST, status: 404, operation: 'unmatched' });
    expect(traces.spans[0]).toMatchObject({ name: 'GET', failed: false });
    expect(traces.spans[0]?.facts).not.toHaveProperty(['http.route']);
  });

  it('that a fault of its own sandbox failed is none of ours, and says so', () => {
    const traces = keptTraces(0);
    traceRequest(traces, { ...REQUEST, status: 503, struck: true });
    expect(traces.spans).toEqual([]);
    const all = keptTraces();
    traceRequest(all, { ...REQUEST, status: 503, struck: true });
    expect(all.spans[0]).toMatchObject({ failed: false, facts: { 'request.struck': true } });
  });

  it.each([
    [200, 0],
    [404, 0],
    [500, 1],
    [503, 1],
  ])('of those that are not sampled one with %i is told of %i times', (status, times) => {
    const traces = keptTraces(0);
    traceRequest(traces, { ...REQUEST, status });
    expect(traces.spans.length).toBe(times);
    traceRequest(NO_TRACES, { ...REQUEST, status });
  });
});
