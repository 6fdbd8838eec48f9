import { crc32, deflateSync } from 'node:zlib';

const be = (value: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
};
const le = (value: number, length: number): Buffer => be(value, length).reverse();

/** A whole PNG of one colour. */
export function pngPicture(width: number, height: number, color: readonly [number, number, number] = [31, 58, 95]): Buffer {
  const chunk = (name: string, data: Buffer): Buffer => {
    const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    return Buffer.concat([be(data.length, 4), named, be(crc32(named), 4)]);
  };
  const header = Buffer.concat([be(width, 4), be(height, 4), Buffer.from([8, 2, 0, 0, 0])]);
  const rows = Buffer.concat(Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from(color))])));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The segments of a JPEG as far as its size, and its end; `marker` is the kind of its frame. */
export function jpegPicture(width: number, height: number, marker = 0xc0): Buffer {
  const app = Buffer.concat([Buffer.from([0xff, 0xe0]), be(16, 2), Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')]);
  const tables = Buffer.concat([Buffer.from([0xff, 0xc4]), be(5, 2), Buffer.from([0, 0, 0])]);
  const frame = Buffer.concat([Buffer.from([0xff, marker]), be(11, 2), Buffer.from([8]), be(height, 2), be(width, 2), Buffer.from([1, 1, 0x11, 0])]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), app, tables, frame, Buffer.from([0xff, 0xd9])]);
}

/** The first chunk of a WebP of a kind, which holds its size. */
export function webpPicture(width: number, height: number, kind: 'VP8X' | 'VP8 ' | 'VP8L' = 'VP8X'): Buffer {
  const data = {
    VP8X: Buffer.concat([Buffer.alloc(4), le(width - 1, 3), le(height - 1, 3)]),
    'VP8 ': Buffer.concat([Buffer.alloc(3), Buffer.from([0x9d, 0x01, 0x2a]), le(width, 2), le(height, 2)]),
    VP8L: Buffer.concat([Buffer.from([0x2f]), le((height - 1) * 16_384 + width - 1, 4), Buffer.alloc(5)]),
  }[kind];
  const body = Buffer.concat([Buffer.from(`WEBP${kind}`, 'latin1'), le(data.length, 4), data]);
  return Buffer.concat([Buffer.from('RIFF', 'latin1'), le(body.length, 4), body]);
}
