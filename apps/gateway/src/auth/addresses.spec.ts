import { err, ok } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressLists, canonicalAddress, canonicalRange } from './addresses';

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::1', '::1'],
  ])('%s has the one spelling %s', (text, spelling) => {
    expect(canonicalAddress(text)).toBe(spelling);
  });

  // What other readers take for an address: octal and hexadecimal parts, one number, missing parts, a zone, a port.
  it.each([
    '0177.0.0.1',
    '010.0.0.1',
    '0x7f.1',
    '2130706433',
    '127.1',
    'fe80::1%eth0',
    '203.0.113.7:443',
    '[2001:db8::1]',
    ' 203.0.113.7',
    '',
    'unknown',
  ])('%j is none', (text) => {
    expect(canonicalAddress(text)).toBeNull();
  });
});

describe('a range', () => {
  it.each([
    ['203.0.113.0/24', ok('203.0.113.0/24')],
    ['203.0.113.7/32', ok('203.0.113.7')],
    ['2001:DB8::/32', ok('2001:db8::/32')],
    ['2001:db8::1/128', ok('2001:db8::1')],
    ['::ffff:10.0.0.0/104', ok('10.0.0.0/8')],
    ['::ffff:10.0.0.1', ok('10.0.0.1')],
    ['64:ff9b::192.0.2.0/120', ok('64:ff9b::c000:200/120')],
    ['203.0.113.7/24', err('host_bits')],
    ['2001:db8::1/64', err('host_bits')],
    ['::ffff:10.0.0.0/80', err('host_bits')],
    ['0.0.0.0/0', err('everything')],
    ['::/0', err('everything')],
    ['::ffff:0:0/96', err('everything')],
    ['10.0.0.0/33', err('malformed')],
    ['10.0.0.0/08', err('malformed')],
    ['10.0.0.0/', err('malformed')],
    ['10.0.0.0/8/8', err('malformed')],
    ['2001:db8::/129', err('malformed')],
    ['10.0.0.0/255.0.0.0', err('malformed')],
    ['brand.example', err('malformed')],
  ] as const)('%s reads as %j', (text, read) => {
    expect(canonicalRange(text)).toEqual(read);
  });
});

describe('a list of ranges', () => {
  const lists = new AddressLists();

  it.each([
    [['203.0.113.0/24'], '203.0.113.255', true],
    [['203.0.113.0/24'], '203.0.114.0', false],
    [['203.0.113.0/24'], '::ffff:203.0.113.9', true],
    [['203.0.113.0/24'], '::ffff:cb00:7109', true],
    [['203.0.113.7'], '203.0.113.70', false],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    // An IPv6 range that holds the mapped form of every IPv4 address lets none of them in, nor the other way round.
    [['::/64'], '203.0.113.7', false],
    [['::/64'], '::ffff:203.0.113.7', false],
    [['::/64'], '::1', true],
    [['203.0.113.0/24'], '64:ff9b::203.0.113.7', false],
    [['203.0.113.0/24'], '::203.0.113.7', false],
    [['203.0.113.0/24'], 'unknown', false],
    [['203.0.113.0/24'], '203.0.113.7%eth0', false],
    [['203.0.113.0/24', '2001:db8::/32'], '2001:db8::7', true],
    [[], 'unknown', true],
  ] as const)('%j judges %s as %s', (ranges, address, allowed) => {
    expect(lists.allows(ranges, address)).toBe(allowed);
  });

  it('holds an IPv4 address exactly when its first bits are the range’s, in either spelling of the address', () => {
    const address = fc.integer({ min: 0, max: 0xffff_ffff });
    const text = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
    fc.assert(
      fc.property(address, fc.integer({ min: 1, max: 32 }), address, (base, bits, other) => {
        const mask = bits === 32 ? 0xffff_ffff : ~(0xffff_ffff >>> bits) >>> 0;
        const range = canonicalRange(`${text((base & mask) >>> 0)}/${bits}`);
        const near = ((base & mask) | (other & ~mask)) >>> 0;
        for (const one of [other, near]) {
          const inside = (one & mask) >>> 0 === (base & mask) >>> 0;
          for (const spelling of [text(one), `::ffff:${text(one)}`]) expect(range.ok && lists.allows([range.value], spelling)).toBe(inside);
        }
      }),
      { numRuns: 300 },
    );
  });
});
