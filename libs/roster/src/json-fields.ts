import { type DecimalError, err, type Result } from '@lockstep/kernel';
import type { SettingsError } from './settings-rules';

/** Reads a decimal's text. */
export type Parser<T> = (text: string) => Result<T, DecimalError>;

/** One JSON object being read: notes faults by dotted name and which names were read. */
export class Fields {
  private readonly json: object;
  private readonly read = new Set<string>();

  constructor(
    json: unknown,
    private readonly path: string,
    private readonly faults: SettingsError[],
  ) {
    const readable = typeof json === 'object' && json !== null && !Array.isArray(json);
    this.json = readable ? json : {};
    if (!readable) this.fault('', 'not_an_object');
  }

  object(name: string): Fields {
    return new Fields(this.take(name), this.named(name), this.faults);
  }

  integer(name: string): number {
    const value = this.take(name);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    this.fault(name, value === undefined ? 'missing' : 'not_an_integer');
    return 0;
  }

  integerOrNull(name: string): number | null {
    if (this.standing(name) !== null) return this.integer(name);
    this.read.add(name);
    return null;
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value !== 'boolean') this.fault(name, value === undefined ? 'missing' : 'not_a_boolean');
    return value === true;
  }

  oneOf<const T extends string>(name: string, kinds: readonly [T, ...T[]]): T {
    const value = this.take(name);
    const found = kinds.find((kind) => kind === value);
    if (found === undefined) this.fault(name, value === undefined ? 'missing' : 'unknown_kind');
    return found ?? kinds[0];
  }

  /** As {@link oneOf}, where an absent name is `otherwise`. */
  oneOfIfAny<const T extends string>(name: string, kinds: readonly [T, ...T[]], otherwise: T): T {
    return this.standing(name) === undefined ? otherwise : this.oneOf(name, kinds);
  }

  texts(name: string): readonly string[] {
    const value = this.take(name);
    const list: readonly unknown[] = Array.isArray(value) ? value : [];
    const texts = list.filter((entry): entry is string => typeof entry === 'string');
    if (!Array.isArray(value) || texts.length !== list.length) this.fault(name, value === undefined ? 'missing' : 'bad_coin');
    return texts;
  }

  /** As {@link texts}, where an absent name is an empty list. */
  textsIfAny(name: string): readonly string[] {
    return this.standing(name) === undefined ? [] : this.texts(name);
  }

  /** Whatever stands there; an absent name is a fault. */
  any(name: string): unknown {
    const value = this.take(name);
    if (value === undefined) this.fault(name, 'missing');
    return value;
  }

  decimalOrNull<T extends bigint>(name: string, parse: Parser<T>): T | null {
    if (this.standing(name) !== null) return this.decimal(name, parse);
    this.read.add(name);
    return null;
  }

  /** As {@link decimalOrNull}, where an absent name is null too. */
  decimalIfAny<T extends bigint>(name: string, parse: Parser<T>): T | null {
    return this.standing(name) === undefined ? null : this.decimalOrNull(name, parse);
  }

  /** As {@link integerOrNull}, where an absent name is null too. */
  integerIfAny(name: string): number | null {
    return this.standing(name) === undefined ? null : this.integerOrNull(name);
  }

  /** An object, or null where the name is absent. */
  objectIfAny(name: string): Fields | null {
    return this.standing(name) === undefined ? null : this.object(name);
  }

  /** An object, or null where the name is absent or null. */
  objectOrNullIfAny(name: string): Fields | null {
    if (this.standing(name) !== null) return this.objectIfAny(name);
    this.read.add(name);
    return null;
  }

  decimal<T extends bigint>(name: string, parse: Parser<T>): T {
    const value = this.take(name);
    const zero = parse('0');
    const parsed = typeof value === 'string' ? parse(value) : err('not_a_decimal' as const);
    if (parsed.ok) return parsed.value;
    this.fault(name, value === undefined ? 'missing' : parsed.error === 'too_large' ? 'above_maximum' : parsed.error);
    if (!zero.ok) throw new TypeError('zero is a decimal');
    return zero.value;
  }

  /** Every name not asked for is a fault. */
  refuseRest(): void {
    for (const name of Object.keys(this.json)) if (!this.read.has(name)) this.fault(name, 'unknown_field');
  }

  private take(name: string): unknown {
    this.read.add(name);
    return this.standing(name);
  }

  /** What stands under a name of the object's own; what every object has is none of it. */
  private standing(name: string): unknown {
    return Object.hasOwn(this.json, name) ? Reflect.get(this.json, name) : undefined;
  }

  private named(name: string): string {
    return this.path === '' ? name : name === '' ? this.path : `${this.path}.${name}`;
  }

  private fault(name: string, code: SettingsError['code']): void {
    this.faults.push({ field: this.named(name), code });
  }
}
