import { timeText, wireTime } from '@lockstep/delivery';
import type { Environment } from '@lockstep/kernel';
import type { BrandingRow, DomainRow } from '@lockstep/storage';
import { LOGO_MAX_BYTES, LOGO_TYPES, PLAIN_COLORS } from '@lockstep/tenancy';
import { z } from 'zod';
import { settingsOf } from '../../brand/brand';
import { named } from '../../http/documented';
import { livemodeField, sha256Field, textField } from '../../http/fields';
import type { RevisionOf } from '../../http/tags';

export const LOGO_PATH = '/brand/logo';

const colorField = z
  .string()
  .regex(/^#[0-9a-f]{6}$/, { error: 'a colour as #rrggbb in lower case' })
  .meta({ examples: ['#1f3a5f'] });
const colorsSchema = z.strictObject({
  primary: colorField.describe('The bar at the top, buttons and links; at least 3:1 against `background`.'),
  background: colorField,
  text: colorField.describe('At least 4.5:1 against `background` (WCAG 2.2 AA).'),
});
const linkField = z
  .string()
  .max(500)
  .refine(isLink, 'an https address with a host name, without user and password')
  .meta({ pattern: '^https://[^\\s"<>\\\\@]+$', examples: ['https://brand.example/support'] });
const emailField = z
  .string()
  .max(254)
  .regex(/^[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}$/, { error: 'an e-mail address' })
  .meta({ examples: ['support@brand.example'] });

/** A change: what is left out stays, null takes what was set away. */
export const brandingDraft = z.strictObject({
  name: textField(60).nullable().optional().describe('What the brand is called; null: the tenant’s name.'),
  colors: colorsSchema.nullable().optional().describe('All three together; null: plain ones.'),
  support_email: emailField.nullable().optional(),
  support_url: linkField.nullable().optional(),
  terms_url: linkField.nullable().optional(),
  privacy_url: linkField.nullable().optional(),
  header_prefix: z
    .string()
    .max(60)
    .nullable()
    .optional()
    .describe(
      'Our own header fields have this name as well at your hosts: `Brand` gives `Brand-Request-Id`. Words of letters and digits joined by hyphens.',
    )
    .meta({ examples: ['Brand'] }),
  logo: z
    .strictObject({
      data: z
        .base64()
        .max(Math.ceil(LOGO_MAX_BYTES / 3) * 4)
        .describe('The file as base64: PNG, JPEG or WebP of at most 64 KiB, 16 to 1,024 pixels a side. What it is, its bytes tell.'),
    })
    .nullable()
    .optional(),
});
export type BrandingDraft = z.output<typeof brandingDraft>;

const domainField = z
  .string()
  .describe('Host name in lower case, international ones in their `xn--` form.')
  .meta({ examples: ['api.brand.example'] });
export const domainLivemodeField = z.boolean().nullable().describe('The environment whose keys may be used there; null: both.');

export const brandingSchema = named(
  'Branding',
  z
    .object({
      livemode: livemodeField,
      name: z.string().describe('What the brand is called at its hosts.'),
      colors: z.object({ primary: colorField, background: colorField, text: colorField }),
      support_email: z.string().nullable(),
      support_url: z.string().nullable(),
      terms_url: z.string().nullable(),
      privacy_url: z.string().nullable(),
      header_prefix: z.string().nullable(),
      logo: z
        .object({
          media_type: z.enum(LOGO_TYPES),
          sha256: sha256Field,
          path: z.string().describe('Where each of the brand’s hosts serves it.'),
        })
        .nullable(),
      domains: z
        .array(z.object({ host: domainField, livemode: domainLivemodeField }))
        .describe(
          'Hosts that show this branding, or of the test environment those for both, which show the live one. The operator adds and removes them.',
        ),
      updated_at: timeText.nullable().describe('Null: nothing was ever set.'),
    })
    .describe('How a brand looks in an environment, and where.'),
);
export type BrandingBody = z.output<typeof brandingSchema>;

/** What of a branding callers change: not its hosts, which are the operator's. */
export const brandingRevision: RevisionOf<BrandingBody> = ({ domains: _hosts, updated_at: _at, ...settings }) => settings;

/** Everything a branding's body is made of. */
export interface BrandingParts {
  readonly environment: Environment;
  readonly tenantName: string;
  readonly row: BrandingRow | null;
  readonly domains: readonly DomainRow[];
}

export function brandingBody({ environment, tenantName, row, domains }: BrandingParts): BrandingBody {
  const settings = settingsOf(row?.settings);
  const type = LOGO_TYPES.find((one) => one === row?.logoType);
  const sha256 = row?.logoSha256?.toString('hex');
  return {
    livemode: environment === 'live',
    name: settings.name ?? tenantName,
    colors: settings.colors ?? PLAIN_COLORS,
    support_email: settings.support_email ?? null,
    support_url: settings.support_url ?? null,
    terms_url: settings.terms_url ?? null,
    privacy_url: settings.privacy_url ?? null,
    header_prefix: settings.header_prefix ?? null,
    logo: type === undefined || sha256 === undefined ? null : { media_type: type, sha256, path: LOGO_PATH },
    domains: domains
      .filter((domain) => domain.environment === null || domain.environment === environment)
      .map((domain) => ({ host: domain.host, livemode: livemodeOf(domain) })),
    // A row that was only held was never changed by anybody.
    updated_at: row === null || row.actor === '' ? null : wireTime(row.updatedAt),
  };
}

export const livemodeOf = ({ environment }: DomainRow): boolean | null => (environment === null ? null : environment === 'live');

function isLink(text: string): boolean {
  if (!/^https:\/\/[^\s"'<>\\@]+$/.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password, hostname } = new URL(text);
  return protocol === 'https:' && username === '' && password === '' && /\.[a-z0-9-]*[a-z]/.test(hostname);
}
