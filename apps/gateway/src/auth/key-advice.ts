import { KEY_PREFIXES, type KeyKind, parseApiKey } from '@lockstep/tenancy';

/** The credential of an `Authorization: Bearer` value; null where the header is not there or has another form. */
export function bearer(authorization: string | null): string | null {
  const match = authorization === null ? null : /^Bearer ([!-~]{1,200})$/i.exec(authorization.trim());
  return match?.[1] ?? null;
}

/**
 * What to send instead of a header that has not the form of a key of this kind; null where it has. It follows from the caller's own text alone: whether
 * there is such a key, here or elsewhere, is not looked at.
 */
export function keyAdvice(authorization: string | null, wanted: KeyKind): string | null {
  const prefix = `\`${KEY_PREFIXES[wanted]}_…\``;
  const text = bearer(authorization);
  if (text === null) return `Send \`Authorization: Bearer\` and the whole key, ${prefix}.`;
  const parsed = parseApiKey(text);
  if (!parsed.ok) return `What was sent is no whole key: ${prefix}, as it was shown when it was made.`;
  return parsed.value.kind === wanted ? null : `Keys of this API are ${prefix}.`;
}
