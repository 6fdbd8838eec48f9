import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LAYERS, type Layer } from './layers';
import { decodeChainLimits, encodeChainLimits } from './limits-codec';
import { effectiveSettings, type LayerLimits, NO_CHAIN_LIMITS } from './settings-chain';
import { CHOICE_NAMES, type ChainChoices, type ChoiceName } from './settings-choices';
import { decodeCopySettings, encodeCopySettings } from './settings-codec';
import { defaultCopySettings } from './settings-rules';

const own = defaultCopySettings();
const ABOVE = LAYERS.filter((layer): layer is Exclude<Layer, 'copy'> => layer !== 'copy');
const layerOf = (layer: Exclude<Layer, 'copy'>, choices: ChainChoices): LayerLimits => ({ layer, limits: { ...NO_CHAIN_LIMITS, choices } });
const catchUp = (value: number, locked = false): ChainChoices => ({ catch_up_ms: { value, locked } });

/** A value of each choice that is not the default. */
const OTHER: Readonly<Record<ChoiceName, unknown>> = {
  start: { kind: 'adopt', band: '0.01' },
  'slippage.entry_bound': '0.001',
  'slippage.exit_bound': '0.03',
  'slippage.on_breach': 'rest',
  'breaker.alert_at': '0.5',
  'breaker.halt_new_at': '0.8',
  'breaker.close_after_marks': 3,
  'breaker.protective_stop': false,
  'state_limits.position_notional': 'trim',
  'state_limits.position_share': 'close',
  'state_limits.leverage': 'trim',
  'state_limits.gross_exposure': 'none',
  max_age_ms: 700,
  catch_up_ms: 1_234,
};

describe('choices', () => {
  it('are each read, kept as JSON, and acted on where the copy leaves them to the layers above', () => {
    const choices = Object.fromEntries(CHOICE_NAMES.map((name) => [name, { value: OTHER[name], locked: false }]));
    const decoded = decodeChainLimits({ choices });
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
    expect(encodeChainLimits(decoded.value).choices).toEqual(choices);
    const { settings, choices: sources } = effectiveSettings({ ...own, inherits: CHOICE_NAMES }, [{ layer: 'tenant', limits: decoded.value }]);
    const json: Record<string, unknown> = { ...encodeCopySettings(settings) };
    for (const name of CHOICE_NAMES) {
      const [part = '', member] = name.split('.');
      expect([name, member === undefined ? json[part] : Reflect.get(Object(json[part]), member)]).toEqual([name, OTHER[name]]);
      expect(sources[name]).toEqual({ layer: 'tenant', locked: false });
    }
    expect(effectiveSettings(own, [{ layer: 'tenant', limits: decoded.value }]).settings).toEqual(own);
  });

  it('are decided by the farthest layer that fixes one, else by the copy, else by the nearest layer, whatever order they are given in', () => {
    const word = fc.option(fc.record({ value: fc.integer({ min: 0, max: 50_000 }), locked: fc.boolean() }), { nil: null });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.boolean(), fc.boolean(), (words, inherits, turned) => {
        const copy = { ...own, inherits: inherits ? ['catch_up_ms'] : [] };
        const said = ABOVE.flatMap((layer, index) => {
          const one = words[index];
          return one === null || one === undefined ? [] : [{ layer, ...one }];
        });
        const chain = said.map(({ layer, value, locked }) => layerOf(layer, catchUp(value, locked)));
        const { settings, choices } = effectiveSettings(copy, turned ? [...chain].reverse() : chain);
        const fixed = said.find(({ locked }) => locked);
        const nearest = said.at(-1);
        const decides = fixed ?? (inherits ? nearest : undefined);
        expect(settings.catchUpMs).toBe(decides?.value ?? own.catchUpMs);
        expect(choices.catch_up_ms).toEqual({ layer: decides?.layer ?? (inherits ? null : 'copy'), locked: fixed !== undefined });
        expect({ ...settings, catchUpMs: 0 }).toEqual({ ...copy, catchUpMs: 0 });
      }),
    );
  });

  it.each([
    ['what is no choice', { mode: { value: 1, locked: false } }, 'choices.mode: unknown_field'],
    ['a value out of bounds', { catch_up_ms: { value: 600_001, locked: false } }, 'choices.catch_up_ms: above_maximum'],
    ['a value of another kind', { 'slippage.on_breach': { value: 'wait', locked: false } }, 'choices.slippage.on_breach: unknown_kind'],
    ['no value', { max_age_ms: { locked: true } }, 'choices.max_age_ms.value: missing'],
    ['half a lock', { max_age_ms: { value: 500, locked: 'yes' } }, 'choices.max_age_ms.locked: not_a_boolean'],
    ['a start without its band', { start: { value: { kind: 'adopt' }, locked: false } }, 'choices.start: missing'],
    ['more than it takes', { max_age_ms: { value: 500, locked: true, why: '' } }, 'choices.max_age_ms.why: unknown_field'],
  ])('%s is refused by name', (_what, choices, fault) => {
    const decoded = decodeChainLimits({ choices });
    expect(decoded.ok ? [] : decoded.error.map(({ field, code }) => `${field}: ${code}`)).toContain(fault);
  });

  it('of settings written before are the copy’s own', () => {
    const { inherits: _inherits, approve_within_ms: _approval, ...before } = encodeCopySettings(own);
    expect(decodeCopySettings(before)).toEqual({ ok: true, value: own });
  });
});

/** Whether settings name a choice. */
function isNamed(settings: object, name: string): boolean {
  const [part = '', member] = name.split('.');
  const value: unknown = Reflect.get(settings, part);
  return value !== undefined && (member === undefined || Reflect.get(Object(value), member) !== undefined);
}

describe('docs/copying.md', () => {
  const page = readFileSync(join(__dirname, '../../../docs/copying.md'), 'utf8');
  const examples = page
    .split(/^#{2,3} /m)
    .filter((section) => section.startsWith('Choices example: '))
    .map((section) => ({
      name: section.slice('Choices example: '.length, section.indexOf('\n')),
      json: JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? 'null'),
      rows: section
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .slice(2)
        .map((line) => line.split('|').map((cell) => cell.trim())),
    }));

  it('has examples', () => expect(examples.length).toBeGreaterThan(0));

  it.each(examples)('choices: $name', ({ json, rows }) => {
    const { copy, ...above } = json;
    const settings = { ...encodeCopySettings(own), ...copy, inherits: CHOICE_NAMES.filter((name) => !isNamed(copy, name)) };
    const decoded = decodeCopySettings(settings);
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
    const chain = ABOVE.filter((layer) => Object.hasOwn(above, layer)).map((layer) => {
      const limits = decodeChainLimits({ choices: above[layer] });
      if (!limits.ok) throw new Error(JSON.stringify(limits.error));
      return { layer, limits: limits.value };
    });
    const { settings: effective, choices } = effectiveSettings(decoded.value, chain);
    const shown: Record<string, unknown> = { ...encodeCopySettings(effective) };
    for (const [, name = '', value, from, fixed] of rows) {
      const choice = CHOICE_NAMES.find((one) => one === name);
      if (choice === undefined) throw new Error(`no choice ${name}`);
      const [part = '', member] = name.split('.');
      const text = String(member === undefined ? shown[part] : Reflect.get(Object(shown[part]), member));
      expect([name, text, choices[choice].layer ?? '', choices[choice].locked ? 'yes' : 'no']).toEqual([name, value, from, fixed]);
    }
  });
});
