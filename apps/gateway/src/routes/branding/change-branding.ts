import { createHash } from 'node:crypto';
import { err, ok, type Result, type TenantScope } from '@lockstep/kernel';
import type { BrandingRow, KeptLogo, ScopedUnit } from '@lockstep/storage';
import { type ColorFault, type HeaderPrefixError, type LogoFault, legible, parseHeaderPrefix, readLogo } from '@lockstep/tenancy';
import { type BrandSettings, settingsOf } from '../../brand/brand';
import type { Refusal } from '../../http/problem-exception';
import type { BrandingDraft } from './branding-body';

const COLOR_FAULTS: Readonly<Record<ColorFault, { readonly pointer: string; readonly detail: string }>> = {
  text_too_faint: { pointer: '/colors/text', detail: 'a contrast of at least 4.5 to 1 against the background' },
  primary_too_faint: { pointer: '/colors/primary', detail: 'a contrast of at least 3 to 1 against the background' },
};
const PREFIX_FAULTS: Readonly<Record<HeaderPrefixError, string>> = {
  not_a_token: '2 to 24 characters: words of letters and digits joined by single hyphens, beginning with a letter',
  reserved: 'a first word that begins no registered header field',
};
const LOGO_FAULTS: Readonly<Record<LogoFault, string>> = {
  too_large: 'at most 64 KiB',
  unknown_type: 'a PNG, JPEG or WebP file',
  cut: 'a whole file, and nothing behind it',
  pixels: '16 to 1,024 pixels a side',
};

/** What a change of a branding came to. */
export interface ChangedBranding {
  readonly settings: BrandSettings;
  /** Left out: it stays. */
  readonly logo?: KeptLogo | null;
}

/** Judges a draft against what stands: the settings as they would be, or everything that is wrong. */
export function changedBranding(standing: unknown, draft: BrandingDraft): Result<ChangedBranding, Refusal> {
  const { logo: drawn, ...given } = draft;
  const logo = drawn === undefined || drawn === null ? ok(drawn) : logoOf(drawn.data);
  const merged = Object.fromEntries(
    Object.entries({ ...settingsOf(standing), ...given }).filter(([, value]) => value !== null && value !== undefined),
  );
  const settings = settingsOf(merged);
  const colors = settings.colors === undefined ? null : legible(settings.colors);
  const prefix = settings.header_prefix === undefined ? null : parseHeaderPrefix(settings.header_prefix);
  const errors = [
    ...(colors === null || colors.ok ? [] : [{ code: colors.error, ...COLOR_FAULTS[colors.error] }]),
    ...(prefix === null || prefix.ok ? [] : [{ pointer: '/header_prefix', code: prefix.error, detail: PREFIX_FAULTS[prefix.error] }]),
    ...(logo.ok ? [] : [{ pointer: '/logo/data', code: logo.error, detail: LOGO_FAULTS[logo.error] }]),
  ];
  if (errors.length > 0 || !logo.ok) return err({ code: 'invalid_request', errors });
  return ok({ settings, ...(logo.value !== undefined && { logo: logo.value }) });
}

function logoOf(data: string): Result<KeptLogo, LogoFault> {
  const bytes = Buffer.from(data, 'base64');
  const image = readLogo(bytes);
  return image.ok ? ok({ bytes, type: image.value.type, sha256: createHash('sha256').update(bytes).digest() }) : image;
}

/** Carries a change out on a branding that is held. */
export async function putBranding(
  unit: Pick<ScopedUnit, 'brandings'>,
  scope: TenantScope,
  { settings, logo }: ChangedBranding,
  actor: string,
): Promise<BrandingRow | null> {
  await unit.brandings.put(scope, { settings, ...(logo !== undefined && { logo }), actor });
  return unit.brandings.find(scope);
}
