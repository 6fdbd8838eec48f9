import { err, ok, type Result, unwrap } from '@lockstep/kernel';
import type { CopySettings } from './copy-settings';
import { Fields } from './json-fields';
import type { Layer } from './layers';
import { decodeCopySettings, encodeCopySettings } from './settings-codec';
import { defaultCopySettings, type SettingsError } from './settings-rules';

/**
 * Settings that may be given above a copy as what it does unless something nearer says otherwise, by their names in the settings' JSON. What makes a copy what it
 * is (mode, direction, what is followed, policy) is its own; limits merge by minimum instead.
 */
export const CHOICE_NAMES = [
  'start',
  'slippage.entry_bound',
  'slippage.exit_bound',
  'slippage.on_breach',
  'breaker.alert_at',
  'breaker.halt_new_at',
  'breaker.close_after_marks',
  'breaker.protective_stop',
  'state_limits.position_notional',
  'state_limits.position_share',
  'state_limits.leverage',
  'state_limits.gross_exposure',
  'state_limits.liquidation_distance',
  'max_age_ms',
  'catch_up_ms',
] as const;
export type ChoiceName = (typeof CHOICE_NAMES)[number];

/** One choice of a layer, as it stands in the settings' JSON. `locked`: nothing nearer to the copy overrides it. */
export interface Choice {
  readonly value: unknown;
  readonly locked: boolean;
}

/** What a layer chooses for every copy below it; what is absent it leaves to others. */
export type ChainChoices = Readonly<Partial<Record<ChoiceName, Choice>>>;

/** Where an effective choice comes from; `layer` null: nobody says, it is the default. */
export interface ChoiceSource {
  readonly layer: Layer | null;
  readonly locked: boolean;
}
export type ChoiceSources = Readonly<Record<ChoiceName, ChoiceSource>>;

/** The choices of one layer above a copy. */
export interface LayerChoices {
  readonly layer: Layer;
  readonly choices: ChainChoices;
}

/**
 * Settings with the choices in effect: of layers that fix one the farthest from the copy decides; else the copy's own word, unless it leaves the choice to the
 * layers above; else the nearest of them; else what its version has. `chain` goes from the farthest to the nearest.
 */
export function chosenSettings(
  copy: CopySettings,
  chain: readonly LayerChoices[],
): { readonly settings: CopySettings; readonly sources: ChoiceSources } {
  // Most layers say nothing: what is looked up for every name is what does.
  const saying = chain.filter(({ choices }) => Object.keys(choices).length > 0);
  const sources = {} as Record<ChoiceName, ChoiceSource>;
  const above: (readonly [ChoiceName, unknown])[] = [];
  for (const name of CHOICE_NAMES) {
    const { layer, locked, choice } = chosen(copy, saying, name);
    sources[name] = { layer, locked };
    if (choice !== null) above.push([name, choice.value]);
  }
  if (above.length === 0) return { settings: copy, sources };
  return { settings: unwrap(withValues(copy, above), 'choices that were checked'), sources };
}

function chosen(copy: CopySettings, chain: readonly LayerChoices[], name: ChoiceName): ChoiceSource & { readonly choice: Choice | null } {
  const said = chain.flatMap(({ layer, choices }) => {
    const choice = choices[name];
    return choice === undefined ? [] : [{ layer, choice }];
  });
  const fixed = said.find(({ choice }) => choice.locked);
  if (fixed !== undefined) return { layer: fixed.layer, locked: true, choice: fixed.choice };
  if (!copy.inherits.includes(name)) return { layer: 'copy', locked: false, choice: null };
  const nearest = said.at(-1);
  return nearest === undefined ? { layer: null, locked: false, choice: null } : { layer: nearest.layer, locked: false, choice: nearest.choice };
}

/** Reads the choices of a layer; every fault is named by its field. */
export function choicesOf(fields: Fields | null, faults: SettingsError[]): ChainChoices {
  if (fields === null) return {};
  const choices: Partial<Record<ChoiceName, Choice>> = {};
  for (const name of CHOICE_NAMES) {
    const one = fields.objectOrNullIfAny(name);
    if (one === null) continue;
    const choice: Choice = { value: one.any('value'), locked: one.flag('locked') };
    one.refuseRest();
    const checked = withValues(defaultCopySettings(), [[name, choice.value]]);
    if (checked.ok) choices[name] = choice;
    else faults.push(...checked.error.map(({ code }) => ({ field: `choices.${name}`, code })));
  }
  fields.refuseRest();
  return choices;
}

/** Settings with some values of their JSON replaced, by dotted names. */
function withValues(settings: CopySettings, values: readonly (readonly [string, unknown])[]): Result<CopySettings, readonly SettingsError[]> {
  const json: Record<string, unknown> = { ...encodeCopySettings(settings) };
  for (const [name, value] of values) {
    const [part = '', member] = name.split('.');
    json[part] = member === undefined ? value : { ...Object(json[part]), [member]: value };
  }
  const decoded = decodeCopySettings(json);
  return decoded.ok ? ok(decoded.value) : err(decoded.error);
}
