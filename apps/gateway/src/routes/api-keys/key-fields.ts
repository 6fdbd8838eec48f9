import { API_SCOPES, type ApiScope } from '@lockstep/tenancy';
import { z } from 'zod';
import { ALLOWED_ADDRESSES_MAX, canonicalRange } from '../../auth/addresses';

/** Fields of requests that make or change a key. */
export const scopesField = z
  .array(z.enum(['*', ...API_SCOPES]))
  .min(1)
  .max(API_SCOPES.length);
export const scopesOf = (names: readonly string[]): ApiScope[] =>
  names.includes('*') ? [...API_SCOPES] : API_SCOPES.filter((scope) => names.includes(scope));

export const allowedAddressesField = z
  .array(
    z
      .string()
      .max(60)
      .refine((text) => canonicalRange(text).ok, 'an address, or a CIDR range smaller than everything whose address has no bit set behind its prefix')
      .meta({ examples: ['203.0.113.0/24'] }),
  )
  .max(ALLOWED_ADDRESSES_MAX)
  .describe('Addresses and CIDR ranges, IPv4 or IPv6, the key may be used from. None: anywhere.');

/** The ranges of a checked field in their one spelling, each once. */
export const addressesOf = (texts: readonly string[]): string[] => [
  ...new Set(
    texts.flatMap((text) => {
      const range = canonicalRange(text);
      return range.ok ? [range.value] : [];
    }),
  ),
];
