import { eventFrame } from '@lockstep/delivery';
import { makeId } from '@lockstep/kernel';
import { NO_TRACES, traceOfCommand, traceOfWave } from '@lockstep/platform';
import { keptTraces } from '@lockstep/platform/testing/kept-traces';
import type { EventRow } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { eventJson } from '../stream/event-json';
import { CAUSES_MAX, DELIVERED_WITHIN_MS, traceDelivery } from './trace-delivery';

const AT = 1_800_000_000_000;
const scope = scopeFromPlatformList(makeId('tenant', 1, new Uint8Array(10)), 'test');

let seq = 0n;
function frame(data: object, occurredAt = AT): string {
  seq += 1n;
  const row = {
    ...scope,
    id: makeId('event', occurredAt, new Uint8Array(10)),
    type: 'order.filled',
    version: 1,
    occurredAt,
    data: JSON.stringify(data),
  };
  return eventFrame({ epoch: 'a', seq }, eventJson(row as unknown as EventRow));
}
function told(frames: readonly string[], sentAt = AT + 20) {
  const traces = keptTraces();
  traceDelivery(traces, { scope, connectionId: 'req_1', frames, sentAt });
  return traces.spans;
}
const inWords = (frames: readonly string[], sentAt?: number) =>
  told(frames, sentAt).map(({ parent, startMs, endMs, facts }) => [parent?.traceId, startMs - AT, endMs - AT, facts['delivery.events']]);
const [wave, command] = [traceOfWave('4711').whole, traceOfCommand(scope, '4711').whole];

describe('events that are delivered', () => {
  it('stand in the traces of their waves and commands, once for each, from the first of them', () => {
    const frames = [
      frame({ order_id: '1', move_id: '4711' }, AT + 3),
      frame({ order_id: '2', move_id: '4711' }, AT + 1),
      frame({ command_no: '4711', kind: 'copy.pause' }),
      frame({ copy_id: 'of neither' }),
    ];
    expect(inWords(frames)).toEqual([
      [wave.traceId, 1, 20, 2],
      [command.traceId, 0, 20, 1],
    ]);
    expect(told(frames)[0]).toMatchObject({ name: 'deliver events', parent: wave, failed: false });
  });

  it.each<[string, string, number, readonly unknown[]]>([
    ['by a clock behind that of what happened begin as they are sent', frame({ move_id: '4711' }, AT + 25), AT + 20, [[wave.traceId, 20, 20, 1]]],
    ['that happened long ago are none', frame({ move_id: '4711' }), AT + DELIVERED_WITHIN_MS + 1, []],
    ['whose time is no time are none', frame({ move_id: '4711' }).replace(/"occurred_at":"[^"]*"/, '"occurred_at":"x"'), AT + 20, []],
  ])('%s', (_name, text, sentAt, expected) => {
    expect(inWords([text], sentAt)).toEqual(expected);
  });

  it('of many waves at once are told of for so many', () => {
    const many = Array.from({ length: CAUSES_MAX + 5 }, (_, index) => frame({ move_id: String(index + 1) }));
    expect(told([...many, frame({ move_id: '1' })]).length).toBe(CAUSES_MAX);
    expect(inWords([...many, frame({ move_id: '1' })])[0]?.[3]).toBe(2);
  });

  it('name nobody, and are told nowhere without a collector', () => {
    const said = JSON.stringify(told([frame({ move_id: '4711', copy_id: 'cpy_1', venue_account_id: 'vac_1' })]));
    for (const word of ['cpy_1', 'vac_1']) expect(said).not.toContain(word);
    expect(() => traceDelivery(NO_TRACES, { scope, connectionId: 'req_1', frames: [frame({})], sentAt: AT })).not.toThrow();
  });
});
