import { type Instrument, must } from '@lockstep/kernel';
import { type OrderColumns, TIF } from '../../port';
import { addressBytes, TAIL_BYTES_MAX, writeTail } from './action-hash';
import { scaledText } from './decimal-text';
import type { L1Signer } from './l1-signer';

/*
 * The hot path: one signed order per row without an object, a msgpack library or JSON.stringify.
 * Everything that does not vary inside a batch is prepared once; per row the msgpack bytes are written in place and the JSON body is one template.
 * The bytes must equal msgpack of {type, orders:[{a,b,p,s,r,t,c}], grouping[, builder:{b,f}]} (facts §7); tests hold them against the venue's own SDK.
 */

const TIF_NAMES = { [TIF.ioc]: 'Ioc', [TIF.gtc]: 'Gtc', [TIF.alo]: 'Alo' } as const;
const PREIMAGE_BYTES_MAX = 512;

/** The columns a row is built from: a batch, or a chunk of one. */
export type FrameColumns = Omit<OrderColumns, 'count' | 'signer' | 'instrument' | 'builders'>;

interface Segments {
  readonly bytes: Buffer;
  readonly json: string;
}

/** Builds the signed request payloads of one batch. One instance per batch and thread. */
export class OrderFrames {
  private readonly preimage = Buffer.alloc(PREIMAGE_BYTES_MAX + TAIL_BYTES_MAX);
  private readonly heads: readonly Segments[];
  private readonly headsWithBuilder: readonly Segments[];
  private readonly terms: readonly Segments[];
  private readonly builderTails: readonly Segments[];
  private readonly vaults = new Map<string, Uint8Array>();
  private readonly szDecimals: number;

  constructor(
    private readonly signer: L1Signer,
    instrument: Instrument,
    builders: readonly string[],
  ) {
    this.szDecimals = instrument.szDecimals;
    this.heads = [false, true].map((buy) => headSegment(instrument.assetId, buy, false));
    this.headsWithBuilder = [false, true].map((buy) => headSegment(instrument.assetId, buy, true));
    this.terms = [0, 1, 2, 3, 4, 5].map((code) => termSegment(code >> 1, (code & 1) === 1));
    this.builderTails = builders.map(builderSegment);
  }

  /**
   * The payload of row `row`: `{"action":…,"nonce":…,"signature":…}` as JSON text, signed with `privateKey`, acting for `vault` when not null.
   * Price is 10^8-scaled, lots are whole lots; both must be safe integers above zero (the gate approved them).
   */
  payload(columns: FrameColumns, row: number, privateKey: Uint8Array, vault: string | null): string {
    const builder = at(columns.builder, row);
    const buy = at(columns.buy, row) === 1 ? 1 : 0;
    const price = scaledText(at(columns.price, row), 8);
    const size = scaledText(at(columns.lots, row), this.szDecimals);
    const head = present((builder < 0 ? this.heads : this.headsWithBuilder)[buy]);
    const term = present(this.terms[at(columns.tif, row) * 2 + (at(columns.reduceOnly, row) === 1 ? 1 : 0)]);
    const bytes = this.preimage;
    let end = copy(bytes, head.bytes, 0);
    end = writeText(bytes, end, price);
    end = copy(bytes, SIZE_KEY, end);
    end = writeText(bytes, end, size);
    end = copy(bytes, term.bytes, end);
    const cloid = hexOf(columns.clientOrderId, row * 16);
    bytes.write(cloid, end, 'latin1');
    end = copy(bytes, GROUPING, end + 32);
    let tail = '}],"grouping":"na"}';
    if (builder >= 0) {
      const fee = at(columns.builderFee, row);
      const segment = present(this.builderTails[builder]);
      end = writeUint(bytes, copy(bytes, segment.bytes, end), fee);
      tail = `}],"grouping":"na",${segment.json}${fee}}}`;
    }
    const nonce = at(columns.nonce, row);
    const expiresAfter = at(columns.expiresAfter, row);
    end = writeTail(bytes, end, nonce, vault === null ? null : this.vaultBytes(vault), expiresAfter);
    const signature = this.signer.signatureJson(this.signer.keccak(bytes.subarray(0, end)), privateKey);
    const options = `${vault === null ? '' : `,"vaultAddress":"${vault}"`}${expiresAfter > 0 ? `,"expiresAfter":${expiresAfter}` : ''}`;
    return `{"action":${head.json}${price}","s":"${size}${term.json}${cloid}"${tail},"nonce":${nonce},"signature":${signature}${options}}`;
  }

  private vaultBytes(vault: string): Uint8Array {
    const known = this.vaults.get(vault);
    if (known !== undefined) return known;
    const bytes = addressBytes(vault);
    this.vaults.set(vault, bytes);
    return bytes;
  }
}

const SIZE_KEY = Buffer.from([0xa1, 0x73]);
const GROUPING = Buffer.concat([fixText('grouping'), fixText('na')]);

function headSegment(assetId: number, buy: boolean, withBuilder: boolean): Segments {
  const asset = Buffer.alloc(9);
  const length = writeUint(asset, 0, assetId);
  return {
    bytes: Buffer.concat([
      Buffer.from([withBuilder ? 0x84 : 0x83]),
      ...['type', 'order', 'orders'].map(fixText),
      Buffer.from([0x91, 0x87]),
      fixText('a'),
      asset.subarray(0, length),
      fixText('b'),
      Buffer.from([buy ? 0xc3 : 0xc2]),
      fixText('p'),
    ]),
    json: `{"type":"order","orders":[{"a":${assetId},"b":${buy},"p":"`,
  };
}

function termSegment(tif: number, reduceOnly: boolean): Segments {
  const name = tif === TIF.ioc ? TIF_NAMES[0] : tif === TIF.gtc ? TIF_NAMES[1] : TIF_NAMES[2];
  return {
    bytes: Buffer.concat([
      fixText('r'),
      Buffer.from([reduceOnly ? 0xc3 : 0xc2]),
      fixText('t'),
      Buffer.from([0x81]),
      fixText('limit'),
      Buffer.from([0x81]),
      fixText('tif'),
      fixText(name),
      fixText('c'),
      // A client order id is 34 characters long, past the short form.
      Buffer.from([0xd9, 0x22]),
      Buffer.from('0x'),
    ]),
    json: `","r":${reduceOnly},"t":{"limit":{"tif":"${name}"}},"c":"0x`,
  };
}

function builderSegment(address: string): Segments {
  addressBytes(address);
  return {
    bytes: Buffer.concat([fixText('builder'), Buffer.from([0x82]), fixText('b'), Buffer.from([0xd9, 0x2a]), Buffer.from(address), fixText('f')]),
    json: `"builder":{"b":"${address}","f":`,
  };
}

function fixText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xa0 | text.length]), Buffer.from(text)]);
}

function writeText(bytes: Buffer, position: number, text: string): number {
  const length = text.length;
  must(length < 32, `${text} is longer than a short msgpack string`);
  bytes[position] = 0xa0 | length;
  for (let index = 0; index < length; index += 1) bytes[position + 1 + index] = text.charCodeAt(index);
  return position + 1 + length;
}

/** The shortest msgpack form of a non-negative integer below 2^32. */
function writeUint(bytes: Buffer, position: number, value: number): number {
  must(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, `${value} is not an unsigned 32-bit number`);
  if (value < 0x80) return bytes.writeUInt8(value, position);
  if (value <= 0xff) return bytes.writeUInt8(value, bytes.writeUInt8(0xcc, position));
  if (value <= 0xffff) return bytes.writeUInt16BE(value, bytes.writeUInt8(0xcd, position));
  return bytes.writeUInt32BE(value, bytes.writeUInt8(0xce, position));
}

function copy(target: Buffer, source: Buffer, position: number): number {
  target.set(source, position);
  return position + source.length;
}

function hexOf(column: Uint8Array, offset: number): string {
  return Buffer.from(column.buffer, column.byteOffset + offset, 16).toString('hex');
}

function at(column: { readonly [index: number]: number }, row: number): number {
  const value = column[row];
  must(value !== undefined, `row ${row} is outside its batch`);
  return value;
}

function present<T>(value: T | undefined): T {
  must(value !== undefined, 'a row names a time in force and builder of its batch');
  return value;
}
