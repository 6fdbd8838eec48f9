import { venueData } from '@lockstep/platform/testing/venue-data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READERS, Unreadable } from '../testing/readers';
import { type Message, recordedAnswers, recordedStreams } from '../testing/recordings';

/*
 * What a venue says is not believed: recorded messages with one thing wrong in them are refused as unreadable or read to values that make sense. Nothing else is
 * thrown, and no number is read that is none.
 */

/** Messages of one type at most: what they have in common is enough. */
const PER_TYPE = 8;
/** What may stand where something else was. */
const ODD: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  Number.MIN_VALUE,
  '',
  ' ',
  '-1',
  '+1',
  '1e400',
  '0x10',
  'NaN',
  'Infinity',
  '-Infinity',
  '99999999999999999999999999',
  '0.0000000000000000000000001',
  '1,5',
  '1.2.3',
  'x'.repeat(100_000),
  '\u0000',
  [],
  [null],
  [[[[[]]]]],
  {},
  { constructor: null },
  JSON.parse('{"__proto__":{"polluted":1}}'),
];

/** The places inside a message, the message itself first. */
function placesOf(value: unknown, above: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [above];
  return [above, ...Object.entries(value).flatMap(([name, member]) => placesOf(member, [...above, name]))];
}

function changed(value: unknown, [name, ...rest]: readonly string[], odd: unknown): unknown {
  if (name === undefined) return odd;
  if (Array.isArray(value)) return value.map((member, index) => (String(index) === name ? changed(member, rest, odd) : member));
  const { [name]: member, ...others } = Object(value);
  const put = changed(member, rest, odd);
  return put === undefined ? others : { ...others, [name]: put };
}

/** Numbers of a read value that are none, by their places. */
function nonsense(value: unknown, at = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${at}: ${value}`];
  if (value instanceof Map || value instanceof Set) return [...value].flatMap((member, index) => nonsense(member, `${at}/${index}`));
  if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => nonsense(member, `${at}/${name}`));
}

/** Reads a message: what made no sense about how it was taken; empty when nothing did. */
function faultsOf(type: string, body: unknown): string[] {
  try {
    return nonsense(READERS[type]?.(body));
  } catch (error) {
    return error instanceof Unreadable ? [] : [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
}

/** Readers of plain texts: what is no text never reaches them. */
const TEXTS: ReadonlySet<string> = new Set(['refusal text', '/error']);

describe.skipIf(venueData() === null)('a recorded message with one thing wrong (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const messages = [...recordedAnswers(), ...recordedStreams().flatMap((stream) => stream.messages)];
  const byType = new Map<string, Message[]>();
  for (const message of messages) {
    const known = byType.get(message.type) ?? [];
    if (READERS[message.type] === undefined || TEXTS.has(message.type) || known.length >= PER_TYPE) continue;
    byType.set(message.type, [...known, message]);
  }

  it('is there of every type that is read', () => {
    expect([...byType.keys()].sort()).toEqual(
      Object.keys(READERS)
        .filter((type) => !TEXTS.has(type))
        .sort(),
    );
  });

  it.each([...byType])('%s: is refused, or read to numbers', (type, known) => {
    const drawn = fc.constantFrom(...known).chain((message) => {
      const places = placesOf(message.body);
      return fc.record({ body: fc.constant(message.body), at: fc.constantFrom(...places), odd: fc.constantFrom(...ODD) });
    });
    fc.assert(
      fc.property(drawn, ({ body, at, odd }) => {
        expect(faultsOf(type, changed(body, at, odd))).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it.each([...byType.keys()])('%s: anything at all is refused, or read to numbers', (type) => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(faultsOf(type, body)).toEqual([]);
      }),
    );
  });
});
