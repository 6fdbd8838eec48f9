import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { err, ok, type Result } from '@lockstep/kernel';

/** How many addresses and ranges a key may name. */
export const ALLOWED_ADDRESSES_MAX = 50;
/** Lists kept ready for judging; beyond it they are made anew. */
const LISTS_MAX = 1_000;

/** Why a text is no range. `host_bits`: it names an address inside its range, so it may mean either. `everything`: it leaves nobody out. */
export type RangeError = 'malformed' | 'host_bits' | 'everything';

/**
 * An address in its one spelling; null for a text that is none. An IPv4 address that came through an IPv6 socket (`::ffff:203.0.113.7`) is the IPv4
 * address. A zone (`fe80::1%eth0`) names an interface of some machine, so it is refused.
 */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return null;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}

/** An address or CIDR range in its one spelling. A range of IPv4 addresses written as IPv6 (`::ffff:10.0.0.0/104`) is the IPv4 range. */
export function canonicalRange(text: string): Result<string, RangeError> {
  const [base = '', bitsText, more] = text.split('/');
  const address = canonicalAddress(base);
  if (address === null || more !== undefined) return err('malformed');
  if (bitsText === undefined) return ok(address);
  const written = isIPv4(base) ? 32 : 128;
  if (!/^(0|[1-9]\d{0,2})$/.test(bitsText) || Number(bitsText) > written) return err('malformed');
  const width = isIPv4(address) ? 32 : 128;
  const bits = Number(bitsText) - (written - width);
  if (bits < 0) return err('host_bits');
  if (bits === 0) return err('everything');
  if (hasBitsBeyond(address, bits)) return err('host_bits');
  return ok(bits === width ? address : `${address}/${bits}`);
}

/** Judges addresses by lists of ranges in their one spelling. */
export class AddressLists {
  private readonly ready = new Map<string, { readonly v4: BlockList; readonly v6: BlockList }>();

  /** True when the list is empty or one of its ranges holds the address. What is no address is in no range. */
  allows(ranges: readonly string[], address: string): boolean {
    if (ranges.length === 0) return true;
    const known = canonicalAddress(address);
    if (known === null) return false;
    const { v4, v6 } = this.of(ranges);
    return isIPv4(known) ? v4.check(known, 'ipv4') : v6.check(known, 'ipv6');
  }

  private of(ranges: readonly string[]) {
    const name = ranges.join(' ');
    const known = this.ready.get(name);
    if (known !== undefined) return known;
    // One list for each family: in a common one an IPv6 range such as `::/64` would let every IPv4 address in.
    const made = { v4: new BlockList(), v6: new BlockList() };
    for (const range of ranges) {
      const [address = '', bits] = range.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      const list = family === 'ipv4' ? made.v4 : made.v6;
      if (bits === undefined) list.addAddress(address, family);
      else list.addSubnet(address, Number(bits), family);
    }
    if (this.ready.size >= LISTS_MAX) this.ready.clear();
    this.ready.set(name, made);
    return made;
  }
}

/** Whether a canonical address has bits set behind its first `bits`. */
function hasBitsBeyond(address: string, bits: number): boolean {
  const value = isIPv4(address) ? wordsOf(address.split('.').map(Number), 8) : wordsOf(groupsOf(address), 16);
  const width = isIPv4(address) ? 32n : 128n;
  return (value & ((1n << (width - BigInt(bits))) - 1n)) !== 0n;
}

const wordsOf = (words: readonly number[], bits: number): bigint => words.reduce((sum, word) => (sum << BigInt(bits)) | BigInt(word), 0n);

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [, head = '', ...bytes] = dotted ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  const text = dotted === null ? address : `${head}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  const [left = '', right] = text.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(left), groups(right ?? '')];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
