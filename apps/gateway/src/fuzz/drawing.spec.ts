import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryOf, type Schema } from './arbitraries';
import { Pool } from './pool';
import { seededRandom } from './seeded';
import { spoil } from './spoil';

const components: Readonly<Record<string, Schema>> = {
  Caps: {
    type: 'object',
    properties: {
      most: { anyOf: [{ type: 'string', pattern: '^\\d{1,6}(\\.\\d{1,8})?$' }, { type: 'null' }] },
      marks: { type: 'integer', minimum: 1, maximum: 20 },
    },
    additionalProperties: false,
  },
};
const schema: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 20 },
    at: { type: 'string', format: 'date-time' },
    caps: { $ref: '#/components/schemas/Caps' },
    mode: {
      oneOf: [
        {
          type: 'object',
          properties: { kind: { const: 'a' }, ratio: { type: 'number', minimum: 0, maximum: 1 } },
          required: ['kind', 'ratio'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { kind: { const: 'b' }, coins: { type: 'array', items: { enum: ['BTC', 'ETH'] }, minItems: 1, maxItems: 3 } },
          required: ['kind'],
          additionalProperties: false,
        },
      ],
    },
    on: { type: 'boolean' },
  },
  required: ['name', 'mode'],
  additionalProperties: false,
};
const ajv = new Ajv2020({ strict: false });
ajv.addFormat('date-time', /^\d{4}-/);
ajv.addSchema({ $id: 'api', components: { schemas: components } });
const admits = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')));
const reading = { components, hint: () => undefined };

describe('requests drawn from a schema', () => {
  it('are such as it admits', () => {
    fc.assert(
      fc.property(arbitraryOf(schema, reading), (value) => admits(value) === true),
      { numRuns: 300 },
    );
  });

  it('and with one thing wrong are such as it does not', () => {
    const random = seededRandom(7);
    const kinds = new Set<string>();
    for (const value of fc.sample(arbitraryOf(schema, reading), { numRuns: 300, seed: 7 })) {
      const spoiled = spoil(value, schema, reading, random, (one) => admits(one) === true);
      expect(spoiled).not.toBeNull();
      expect(admits(spoiled?.value)).toBe(false);
      kinds.add(spoiled?.how.split(' at /')[0] ?? '');
    }
    // All ways to spoil one come up, so none of them is dead.
    expect([...kinds].filter((how) => !how.startsWith('without')).sort()).toEqual(
      [
        'a fraction',
        'a list too long',
        'a member nobody knows',
        'a number out of its bounds',
        'a piece of SQL',
        'a sign',
        'a text too long',
        'a zero character',
        'an empty list',
        'an empty text',
        'an exponent',
        'another type',
        'capitals',
        'not a number',
        'null',
        'a space behind',
      ].sort(),
    );
  });

  it('follow from the seed', () => {
    const drawn = (seed: number) =>
      Array.from(
        { length: 5 },
        (
          (random) => () =>
            random.below(1_000)
        )(seededRandom(seed)),
      );
    expect(drawn(3)).toEqual(drawn(3));
    expect(drawn(3)).not.toEqual(drawn(4));
  });
});

describe('the ids a run knows', () => {
  const copy = `cpy_${'0'.repeat(26)}`;

  it('are those that answers have shown, by kind', () => {
    const pool = new Pool();
    pool.take({ data: [{ id: copy, leader_id: `ldr_${'1'.repeat(26)}`, name: 'cpy_not one' }] });
    expect([pool.pick('cpy', seededRandom(1)), pool.pick('flw', seededRandom(1)), pool.all().length]).toEqual([copy, undefined, 2]);
  });
});
