import { makeId } from '@lockstep/kernel';
import { NO_TRACES, traceOfCommand } from '@lockstep/platform';
import { keptTraces } from '@lockstep/platform/testing/kept-traces';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { type EndedCommand, traceCommand } from './trace-command';

const AT = 1_800_000_000_000;
const scope = scopeFromPlatformList(makeId('tenant', 1, new Uint8Array(10)), 'test');
const { cause, whole } = traceOfCommand(scope, '7');
const ended = (over: Partial<EndedCommand> = {}): EndedCommand => ({
  scope,
  command: { no: 7n, kind: 'copy.pause', actor: `key_${'0'.repeat(26)}`, createdAt: AT },
  begunAt: AT + 5,
  endedAt: AT + 30,
  refusedFor: null,
  attempts: 1,
  ...over,
});

describe('the trace of a command', () => {
  it('goes from the request that asked for it to its end, under ids that follow from scope and number', () => {
    const traces = keptTraces();
    traceCommand(traces, ended());
    expect(traces.spans.map(({ name, startMs, endMs, parent }) => [name, startMs - AT, endMs - AT, parent])).toEqual([
      ['command copy.pause', 0, 30, cause],
      ['wait', 0, 5, whole],
      ['carry out', 5, 30, whole],
    ]);
    expect(traces.spans[0]).toMatchObject({ ...whole, failed: false });
    expect(traces.spans[0]?.facts).toEqual({
      'command.no': '7',
      'command.kind': 'copy.pause',
      'command.attempts': 1,
      'tenant.id': scope.tenantId,
      'tenant.environment': 'test',
    });
  });

  it.each<[string, Partial<EndedCommand>, object]>([
    ['of nobody’s request begins by itself', { command: { ...ended().command, actor: 'operator' } }, { parent: null, traceId: whole.traceId }],
    ['that was refused says why', { refusedFor: 'insufficient_equity' }, { failed: true, facts: { 'command.refused_for': 'insufficient_equity' } }],
    ['ends not before it begins, where the asker’s clock is ahead', { begunAt: AT - 3, endedAt: AT - 2 }, { startMs: AT - 3, endMs: AT - 2 }],
  ])('%s', (_name, over, expected) => {
    const traces = keptTraces();
    traceCommand(traces, ended(over));
    expect(traces.spans[0]).toMatchObject(expected);
    expect(traces.spans.every(({ startMs, endMs }) => startMs <= endMs)).toBe(true);
  });

  it('is told nowhere without a collector', () => {
    expect(() => traceCommand(NO_TRACES, ended())).not.toThrow();
  });
});
