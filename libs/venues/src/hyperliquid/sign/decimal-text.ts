import { must } from '@lockstep/kernel';

const SCALES: readonly number[] = Array.from({ length: 9 }, (_, exponent) => 10 ** exponent);
const ZEROS = '00000000';

/**
 * Writes a non-negative safe integer scaled by 10^`decimals` (0 to 8) the way the venue signs it: plain digits, no trailing zeros, no exponent.
 * Integer arithmetic on doubles is exact here because the value is a safe integer.
 */
export function scaledText(value: number, decimals: number): string {
  const scale = SCALES[decimals];
  must(scale !== undefined && Number.isSafeInteger(value) && value >= 0, `${value} with ${decimals} decimals is not a wire amount`);
  const fraction = value % scale;
  const whole = String((value - fraction) / scale);
  if (fraction === 0) return whole;
  const digits = String(fraction);
  let padded = ZEROS.slice(0, decimals - digits.length) + digits;
  let end = padded.length;
  while (padded.charCodeAt(end - 1) === 48) end -= 1;
  if (end < padded.length) padded = padded.slice(0, end);
  return `${whole}.${padded}`;
}
