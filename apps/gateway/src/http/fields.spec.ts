import { describe, expect, it } from 'vitest';
import { decimalField } from './fields';

describe('a decimal of a request', () => {
  it.each(['0', '0.0', '250', '0.5', '00.10'])('takes %s', (text) => {
    expect(decimalField(8, '1').safeParse(text).success).toBe(true);
  });

  it.each(['-0', '-0.0', '-00.000'])('refuses %s, which arithmetic would take for 0', (text) => {
    expect(decimalField(12, '1').safeParse(text).success).toBe(false);
  });

  it.each(['-1', '-0.5', '-', 'x', ''])('leaves %j to the field it stands in, which tells what is wrong with it', (text) => {
    expect(decimalField(12, '1').safeParse(text).success).toBe(true);
  });
});
