import { z } from 'zod';
import { LOG_LEVELS } from '../log/logger';
import { Secret } from '../log/secret';

/** Shared pieces of the configuration: each reads one environment text. Messages say what to write instead. */

const fail = (message: string) => ({ error: message });

/** A whole number in a range. */
export const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^-?\d{1,15}$/, fail(`write a whole number from ${from} to ${to}`))
    .transform(Number)
    .refine((value) => value >= from && value <= to, fail(`write a whole number from ${from} to ${to}`));

/** A TCP port; 0 lets the system choose. */
export const port = wholeNumber(0, 65_535);

/** A host name or address to listen on. */
export const host = z.string().regex(/^[0-9A-Za-z.:_-]{1,253}$/, fail('write a host name or an address, without scheme and port'));

/** A short text for people. */
export const plainText = (most: number) =>
  z
    .string()
    .trim()
    .regex(/^[^\p{C}<>]+$/u, fail('write a text without control characters and angle brackets'))
    .max(most, fail(`write at most ${most} characters`));

/** A folder, absolute or relative to the working folder. */
export const folder = z.string().min(1).max(4_096);

const parsed = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

const addressOf = (schemes: readonly string[], example: string) =>
  z.string().refine((text) => schemes.includes(parsed(text)?.protocol ?? ''), fail(`write an address like ${example}`));

/** An address whose password must not be printed. */
export const postgresUrl = addressOf(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database').transform(
  (text) => new Secret(text),
);
export const redisUrl = addressOf(['redis:', 'rediss:'], 'redis://host:6379').transform((text) => new Secret(text));

/** The base address of an HTTP service, without a slash at its end. */
export const httpUrl = addressOf(['http:', 'https:'], 'https://host:port').transform((text) => text.replace(/\/+$/, ''));

export const logLevel = z.enum(LOG_LEVELS, fail(`write one of ${LOG_LEVELS.join(', ')}`));

/** One of a closed list of words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(words: T) => z.enum(words, fail(`write one of ${words.join(', ')}`));

/** At least 32 secret bytes as base64 or base64url. */
export const secretBytes = z
  .string()
  .regex(/^[A-Za-z0-9+/_-]{43,512}={0,2}$/, fail('write at least 32 random bytes as base64, for example from `openssl rand -base64 32`'))
  .transform((text) => new Secret(text));

/** Such secrets, separated by commas: at most eight, each once. */
export const secretBytesList = z
  .string()
  .regex(
    /^[A-Za-z0-9+/_-]{43,512}={0,2}(\s*,\s*[A-Za-z0-9+/_-]{43,512}={0,2}){0,7}$/,
    fail('write at least 32 random bytes as base64, for example from `openssl rand -base64 32`; several are separated by commas'),
  )
  .transform((text) => new Secret(text));

/** A password or key used as it stands. */
export const secretText = (least: number) =>
  z
    .string()
    .min(least, fail(`write at least ${least} characters`))
    .max(1_024, fail('write at most 1,024 characters'))
    .transform((text) => new Secret(text));

/** A comma-separated list of at most `most` items, each read by `item`. */
export const listOf = <S extends z.ZodType<unknown, string>>(item: S, most: number) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(
      z
        .array(item)
        .min(1, fail('write at least one item'))
        .max(most, fail(`write at most ${most} items`)),
    );

/** The name of a venue's token, as it is listed. */
export const tokenName = z.string().regex(/^[0-9A-Za-z.₮]{1,16}$/, fail('write names of tokens as the venue lists them'));

const EGRESS_FORM = /^(default|(test:)?[0-9a-fA-F.:]{3,45}|https?:\/\/[^\s,]{3,500})$/;

/** Egress addresses, at most 254. A proxy's address carries its password. */
export const egressList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine(
    (parts) => parts.length >= 1 && parts.length <= 254 && parts.every((part) => EGRESS_FORM.test(part)),
    fail('write default, IP addresses of this machine, or http://user:password@host:port, separated by commas'),
  )
  .transform((parts) => new Secret(parts.join(',')));

/** `all`, `off` or `sample:N`: how many signatures the simulated venue checks. */
export const verification = z.string().regex(/^(all|off|sample:[1-9]\d{0,5})$/, fail('write all, off or sample:N'));
