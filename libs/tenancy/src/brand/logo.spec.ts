import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jpegPicture, pngPicture, webpPicture } from '../testing/pictures';
import { LOGO_MAX_BYTES, LOGO_MAX_PIXELS, readLogo } from './logo';

/** Pictures as programs write them, of one pixel. */
const LOSSY_WEBP = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');
const LOSSLESS_WEBP = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');
const behind = (bytes: Buffer, more: string): Buffer => Buffer.concat([bytes, Buffer.from(more)]);
const padded = (bytes: Buffer, length: number): Buffer => Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length))]);

describe('a logo', () => {
  it.each([
    ['PNG', pngPicture(32, 24), 'image/png'],
    ['JPEG', jpegPicture(32, 24), 'image/jpeg'],
    ['progressive JPEG', jpegPicture(32, 24, 0xc2), 'image/jpeg'],
    ['WebP, extended', webpPicture(32, 24), 'image/webp'],
    ['WebP, lossy', webpPicture(32, 24, 'VP8 '), 'image/webp'],
    ['WebP, lossless', webpPicture(32, 24, 'VP8L'), 'image/webp'],
  ])('may be %s, and tells its size itself', (_what, bytes, type) => {
    expect(readLogo(bytes)).toEqual({ ok: true, value: { type, width: 32, height: 24 } });
  });

  const largest = LOGO_MAX_PIXELS;
  it.each([
    ['nothing', Buffer.alloc(0), 'unknown_type'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 'unknown_type'],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>'), 'unknown_type'],
    ['GIF', Buffer.from('GIF89a\x20\x00\x18\x00\x00\x00\x00;', 'latin1'), 'unknown_type'],
    ['BMP', padded(Buffer.from('BM'), 60), 'unknown_type'],
    ['a sound in RIFF', Buffer.concat([Buffer.from('RIFF'), Buffer.from([36, 0, 0, 0]), Buffer.from('WAVEfmt '), Buffer.alloc(28)]), 'unknown_type'],
    ['text that is called PNG', Buffer.from('\x89PNG but no picture'), 'unknown_type'],
    ['a PNG that is cut off', pngPicture(32, 24).subarray(0, -4), 'cut'],
    ['a PNG without a header', Buffer.concat([pngPicture(32, 24).subarray(0, 8), pngPicture(32, 24).subarray(33)]), 'cut'],
    ['a PNG with a page behind it', behind(pngPicture(32, 24), '<script>alert(1)</script>'), 'cut'],
    ['a JPEG that is cut off', jpegPicture(32, 24).subarray(0, -2), 'cut'],
    ['a JPEG with a page behind it', behind(jpegPicture(32, 24), '<script>'), 'cut'],
    ['a JPEG without a frame', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 2, 0, 0, 0, 0, 0, 0, 0xff, 0xd9]), 'cut'],
    ['a WebP with a page behind it', behind(webpPicture(32, 24), '<script>'), 'cut'],
    ['a WebP of no kind', Buffer.from(webpPicture(32, 24)).fill('VP9X', 12, 16), 'cut'],
    ['a PNG of one pixel', pngPicture(1, 1), 'pixels'],
    ['a lossy WebP of one pixel, as a program wrote it', LOSSY_WEBP, 'pixels'],
    ['a lossless WebP of one pixel, as a program wrote it', LOSSLESS_WEBP, 'pixels'],
    ['a PNG a pixel too wide', pngPicture(largest + 1, 16), 'pixels'],
    ['a JPEG that unpacks to gigabytes', jpegPicture(65_535, 65_535), 'pixels'],
    ['a WebP that does', webpPicture(16_384, 16_384), 'pixels'],
    ['more bytes than there may be', padded(pngPicture(32, 24), LOGO_MAX_BYTES + 1), 'too_large'],
  ])('is not %s', (_what, bytes, fault) => {
    expect(readLogo(bytes)).toEqual({ ok: false, error: fault });
  });

  it('of the largest size is one', () => {
    expect(readLogo(pngPicture(largest, largest)).ok).toBe(true);
  });

  it('is read to an end, whatever the bytes are', () => {
    const heads = fc.constantFrom(pngPicture(32, 24), jpegPicture(32, 24), webpPicture(32, 24), Buffer.alloc(0));
    fc.assert(
      fc.property(heads, fc.nat({ max: 80 }), fc.uint8Array({ maxLength: 200 }), (head, kept, tail) => {
        const read = readLogo(Buffer.concat([head.subarray(0, kept), tail]));
        expect(read.ok ? read.value.width <= LOGO_MAX_PIXELS : read.error.length > 0).toBe(true);
      }),
    );
  });
});
