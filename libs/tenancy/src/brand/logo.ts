import { err, ok, type Result } from '@lockstep/kernel';

/** What a logo may be. No SVG: it can carry scripts. */
export const LOGO_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
export type LogoType = (typeof LOGO_TYPES)[number];

export const LOGO_MAX_BYTES = 65_536;
/** Bounds of each side, so that a small file cannot unpack to a huge picture. */
export const LOGO_MIN_PIXELS = 16;
export const LOGO_MAX_PIXELS = 1_024;

export interface LogoImage {
  readonly type: LogoType;
  readonly width: number;
  readonly height: number;
}
/** Why bytes are no logo. `cut`: what the file says of itself does not fit its bytes; something is missing or follows behind it. */
export type LogoFault = 'too_large' | 'unknown_type' | 'cut' | 'pixels';

/** Reads type and size of a picture from its own bytes, whatever anybody says it is. The picture must begin and end where the file does. */
export function readLogo(bytes: Uint8Array): Result<LogoImage, LogoFault> {
  if (bytes.length > LOGO_MAX_BYTES) return err('too_large');
  const image = begins(bytes, PNG)
    ? pngOf(bytes)
    : begins(bytes, JPEG)
      ? jpegOf(bytes)
      : begins(bytes, RIFF)
        ? webpOf(bytes)
        : err('unknown_type' as const);
  if (!image.ok) return image;
  const fits = [image.value.width, image.value.height].every((side) => side >= LOGO_MIN_PIXELS && side <= LOGO_MAX_PIXELS);
  return fits ? image : err('pixels');
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];
const RIFF = [0x52, 0x49, 0x46, 0x46];

const begins = (bytes: Uint8Array, with_: readonly number[], at = 0): boolean => with_.every((byte, index) => bytes[at + index] === byte);
const textAt = (bytes: Uint8Array, at: number, length = 4): string => String.fromCharCode(...bytes.subarray(at, at + length));
/** Unsigned, highest byte first. */
const bigEndian = (bytes: Uint8Array, at: number, length: number): number =>
  bytes.subarray(at, at + length).reduce((value, byte) => value * 256 + byte, 0);
/** Unsigned, lowest byte first. */
const littleEndian = (bytes: Uint8Array, at: number, length: number): number =>
  bytes.subarray(at, at + length).reduceRight((value, byte) => value * 256 + byte, 0);

type Read = Result<LogoImage, LogoFault>;

/** Chunks of length, name, data and checksum, from IHDR to IEND. */
function pngOf(bytes: Uint8Array): Read {
  if (textAt(bytes, 12) !== 'IHDR') return err('cut');
  for (let at = PNG.length; at + 12 <= bytes.length; ) {
    const name = textAt(bytes, at + 4);
    at += 12 + bigEndian(bytes, at, 4);
    if (name !== 'IEND') continue;
    return at === bytes.length ? ok({ type: 'image/png', width: bigEndian(bytes, 16, 4), height: bigEndian(bytes, 20, 4) }) : err('cut');
  }
  return err('cut');
}

/** Markers that carry the size: every kind of frame but DHT (c4), JPG (c8) and DAC (cc). */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Segments of marker and length up to the frame, and the end marker as the last two bytes. */
function jpegOf(bytes: Uint8Array): Read {
  if (!begins(bytes, [0xff, 0xd9], bytes.length - 2)) return err('cut');
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (isFrame(marker)) return ok({ type: 'image/jpeg', height: bigEndian(bytes, at + 5, 2), width: bigEndian(bytes, at + 7, 2) });
    at += 2 + bigEndian(bytes, at + 2, 2);
  }
  return err('cut');
}

/** A RIFF file that is as long as it says; the size stands in its first chunk, differently by its kind. */
function webpOf(bytes: Uint8Array): Read {
  if (textAt(bytes, 8) !== 'WEBP') return err('unknown_type');
  if (bytes.length < 30 || littleEndian(bytes, 4, 4) !== bytes.length - 8) return err('cut');
  const type = 'image/webp';
  switch (textAt(bytes, 12)) {
    case 'VP8X':
      return ok({ type, width: littleEndian(bytes, 24, 3) + 1, height: littleEndian(bytes, 27, 3) + 1 });
    case 'VP8 ':
      return begins(bytes, [0x9d, 0x01, 0x2a], 23)
        ? ok({ type, width: littleEndian(bytes, 26, 2) % 16_384, height: littleEndian(bytes, 28, 2) % 16_384 })
        : err('cut');
    case 'VP8L': {
      const sizes = littleEndian(bytes, 21, 4);
      return bytes[20] === 0x2f ? ok({ type, width: (sizes % 16_384) + 1, height: (Math.floor(sizes / 16_384) % 16_384) + 1 }) : err('cut');
    }
    default:
      return err('cut');
  }
}
