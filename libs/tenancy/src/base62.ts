import type { Random } from '@lockstep/kernel';

/** Digits, upper case, lower case: the order that makes the texts sort like the numbers in ASCII. */
export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A whole number as exactly `width` base62 digits, padded with `0` on the left; digits above the width are dropped. */
export function toBase62(value: number, width: number): string {
  let rest = value;
  let text = '';
  for (let index = 0; index < width; index += 1) {
    text = BASE62.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** `length` unbiased random base62 characters (5.95 bits each). */
export function randomBase62(random: Random, length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += BASE62.charAt(random.below(62));
  return text;
}
