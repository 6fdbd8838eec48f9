import { formatDecimal } from '@lockstep/kernel';
import type { Scenario } from './scenario';
import type { Step } from './steps';

const UNIT_SCALE = 8;
const RATE_SCALE = 12;
/** Fields that are rates; every other bigint is money, a price or a size. */
const RATES: ReadonlySet<string> = new Set([
  'band',
  'ratio',
  'multiplier',
  'targetVolatility',
  'scaleLeast',
  'scaleMost',
  'maxPositionShare',
  'maxLeverage',
  'fromStart',
  'trailing',
  'daily',
  'alertAt',
  'haltNewAt',
  'entryBound',
  'exitBound',
  'underlyingShare',
  'alertShare',
]);

/** A step on one line: its time in ms, its kind, its fields in order; money, prices, sizes and rates as decimals, nothing left out but what is null. */
export function printStep({ at, kind, ...fields }: Step): string {
  return `${String(at).padStart(8)} ${kind}${printFields(fields)}`;
}

/** All steps of a scenario, a line each. */
export const printScenario = ({ steps }: Scenario): string => steps.map((step) => `${printStep(step)}\n`).join('');

const printFields = (fields: object): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}=${printValue(name, value)}`)
    .join('');

function printValue(name: string, value: unknown): string {
  if (typeof value === 'bigint') return formatDecimal(value, RATES.has(name) ? RATE_SCALE : UNIT_SCALE);
  if (Array.isArray(value)) return `[${value.map((each) => printValue(name, each)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `{${printFields(value).trim()}}`;
  return String(value);
}
