/** CRC-32 table, polynomial 0xEDB88320 (reflected 0x04C11DB7), as in ISO 3309 and zlib. */
const TABLE: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 of a text of characters below U+0100, one byte each; an unsigned 32-bit number. `123456789` gives 0xcbf43926. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    const entry = TABLE[(crc ^ text.charCodeAt(index)) & 0xff] ?? 0;
    crc = (crc >>> 8) ^ entry;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
