import type { TenantId } from '@lockstep/kernel';
import type { BrandHost } from '@lockstep/storage';
import { type BrandColors, type HostOwner, isColor, PLAIN_COLORS } from '@lockstep/tenancy';
import { z } from 'zod';

/** What a brand set of itself, as it is kept. What is absent was not set. */
export const brandSettingsSchema = z.object({
  name: z.string().optional(),
  colors: z.object({ primary: z.string().refine(isColor), background: z.string().refine(isColor), text: z.string().refine(isColor) }).optional(),
  support_email: z.string().optional(),
  support_url: z.string().optional(),
  terms_url: z.string().optional(),
  privacy_url: z.string().optional(),
  header_prefix: z.string().optional(),
});
export type BrandSettings = z.output<typeof brandSettingsSchema>;

/** How the API presents itself. */
export interface Presentation {
  readonly name: string;
  readonly colors: BrandColors;
  readonly settings: BrandSettings;
  /** Its type, and the digest that names it as hexadecimal; null: there is none. */
  readonly logo: { readonly type: string; readonly sha256: string } | null;
}

/** The brand of a host. Whoever asks there sees it; what they may reach, their key decides alone. */
export interface Brand extends Presentation, HostOwner {
  readonly host: string;
}

/** Settings as they are kept; unreadable ones are none. */
export const settingsOf = (kept: unknown): BrandSettings => brandSettingsSchema.safeParse(kept ?? {}).data ?? {};

export function brandOf({ host, tenantId, tenantName, environment, settings: kept, logoType, logoSha256 }: BrandHost): Brand {
  const settings = settingsOf(kept);
  const logo = logoType === null || logoSha256 === null ? null : { type: logoType, sha256: logoSha256.toString('hex') };
  return { host, tenantId, environment, name: settings.name ?? tenantName, colors: settings.colors ?? PLAIN_COLORS, settings, logo };
}

/** What hosts that are no brand's show. */
export const plainPresentation = (name: string): Presentation => ({ name, colors: PLAIN_COLORS, settings: {}, logo: null });

/** Whose branding a host shows: of one for both environments the live one. */
export const brandingScope = ({ tenantId, environment }: HostOwner): { readonly tenantId: TenantId; readonly environment: 'live' | 'test' } => ({
  tenantId,
  environment: environment ?? 'live',
});
