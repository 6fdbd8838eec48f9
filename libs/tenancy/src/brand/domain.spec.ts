import { describe, expect, it } from 'vitest';
import { isDomainName } from './domain';

describe('a host name', () => {
  const label = 'a'.repeat(63);
  it.each([
    ['api.acme.example', true],
    ['acme.example', true],
    ['xn--mnchen-3ya.example', true],
    ['a-b.c3.io', true],
    [`${label}.example`, true],
    [`${label}a.example`, false],
    [`${label}.${label}.${label}.${'a'.repeat(61)}`, true],
    [`${label}.${label}.${label}.${'a'.repeat(62)}`, false],
    ['localhost', false],
    ['', false],
    ['acme.example.', false],
    ['.acme.example', false],
    ['acme..example', false],
    ['-acme.example', false],
    ['acme-.example', false],
    ['Acme.example', false],
    ['acme_1.example', false],
    ['*.acme.example', false],
    ['acme.example:8443', false],
    ['münchen.example', false],
    ['127.0.0.1', false],
    ['1.0x1', false],
    ['[::1]', false],
    ['acme.example/docs', false],
  ])('%s: %s', (text, expected) => {
    expect(isDomainName(text)).toBe(expected);
  });
});
