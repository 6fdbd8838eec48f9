import { must } from '@lockstep/kernel';

/** Parts of a client order id. Together they name one attempt at one leg of one copy in one wave of one engine instance. */
export interface OrderIdentity {
  /** Engine instance, 16 bits. */
  readonly instance: number;
  /** Wave, 48 bits. */
  readonly wave: number;
  /** Copy number, 40 bits. */
  readonly copyNo: number;
  /** Leg of the plan, 8 bits. */
  readonly leg: number;
  /** Attempt at the leg, 16 bits. */
  readonly attempt: number;
}

/** Leg of an order that stands at the venue as a protective stop; the legs of a wave's decision lie below it. */
export const PROTECTIVE_LEG = 16;
/** Legs of mirrors of the leader's working orders: those that enter, and those that only reduce. */
export const MIRROR_LEG = 17;
export const MIRROR_EXIT_LEG = 18;
const FIRST_ENTRY_LEG = 2;

/** Whether an order of a leg is a mirror of one of the leader's. */
export const isMirrorLeg = (leg: number): boolean => leg === MIRROR_LEG || leg === MIRROR_EXIT_LEG;

/** Whether orders of a leg enter; all others take risk off their copy. */
export const entersByLeg = (leg: number): boolean => leg === MIRROR_LEG || (leg >= FIRST_ENTRY_LEG && leg < PROTECTIVE_LEG);

export const MAX_ATTEMPT = 0xffff;
const LIMITS = { instance: 2 ** 16, wave: 2 ** 48, copyNo: 2 ** 40, leg: 2 ** 8, attempt: 2 ** 16 } as const;

/** Writes the 16 bytes of a client order id at `offset`: the parts in the order of {@link OrderIdentity}, big-endian. Injective. */
export function writeClientOrderId(
  into: Uint8Array,
  offset: number,
  instance: number,
  wave: number,
  copyNo: number,
  leg: number,
  attempt: number,
): void {
  into[offset] = instance >>> 8;
  into[offset + 1] = instance;
  const waveHigh = Math.floor(wave / 0x1_0000_0000);
  // A remainder of large numbers costs more than all the rest of this.
  const waveLow = wave - waveHigh * 0x1_0000_0000;
  into[offset + 2] = waveHigh >>> 8;
  into[offset + 3] = waveHigh;
  into[offset + 4] = waveLow >>> 24;
  into[offset + 5] = waveLow >>> 16;
  into[offset + 6] = waveLow >>> 8;
  into[offset + 7] = waveLow;
  const copyHigh = Math.floor(copyNo / 0x1_0000_0000);
  const copyLow = copyNo - copyHigh * 0x1_0000_0000;
  into[offset + 8] = copyHigh;
  into[offset + 9] = copyLow >>> 24;
  into[offset + 10] = copyLow >>> 16;
  into[offset + 11] = copyLow >>> 8;
  into[offset + 12] = copyLow;
  into[offset + 13] = leg;
  into[offset + 14] = attempt >>> 8;
  into[offset + 15] = attempt;
}

/** The client order id as the venue prints it: `0x` and 32 hex digits. */
export function packClientOrderId(identity: OrderIdentity): string {
  for (const [part, limit] of Object.entries(LIMITS)) {
    const value = Object.entries(identity).find(([name]) => name === part)?.[1] ?? -1;
    must(Number.isInteger(value) && value >= 0 && value < limit, `${part} ${value} does not fit its bits`);
  }
  const bytes = new Uint8Array(16);
  writeClientOrderId(bytes, 0, identity.instance, identity.wave, identity.copyNo, identity.leg, identity.attempt);
  return clientOrderIdText(bytes, 0);
}

/** The text of the 16 bytes at `offset`. */
export function clientOrderIdText(bytes: Uint8Array, offset: number): string {
  let text = '0x';
  for (let index = 0; index < 16; index += 1) text += HEX[bytes[offset + index] ?? 0] ?? '';
  return text;
}

/** The parts of a client order id; null when the text is not 16 bytes of hex. It says nothing about whether we issued it. */
export function unpackClientOrderId(text: string): OrderIdentity | null {
  const match = /^0x([0-9a-f]{4})([0-9a-f]{12})([0-9a-f]{10})([0-9a-f]{2})([0-9a-f]{4})$/i.exec(text);
  if (!match) return null;
  const part = (index: number): number => Number.parseInt(match[index] ?? '', 16);
  return { instance: part(1), wave: part(2), copyNo: part(3), leg: part(4), attempt: part(5) };
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
