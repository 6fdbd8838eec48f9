/** Longest host name and label, in characters (RFC 1035). */
const NAME_MAX_CHARS = 253;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Whether a text is a host name that can be a brand's: lower-case ASCII (an international name in its `xn--` form), two labels at least, without port
 * and without a dot at its end. Addresses are none.
 */
export function isDomainName(text: string): boolean {
  const labels = text.split('.');
  const last = labels.at(-1) ?? '';
  return (
    text.length <= NAME_MAX_CHARS && labels.length >= 2 && labels.every((label) => LABEL.test(label)) && /[a-z]/.test(last) && !isHexNumber(last)
  );
}

/** URL parsers read such a last label as part of an IPv4 address. */
const isHexNumber = (label: string): boolean => /^0x[0-9a-f]*$/.test(label);
