import { PLAIN_COLORS } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { plainPresentation } from './brand';
import { DOCS_POLICY, docsPage, docsStyle } from './docs-page';

const evil = `"><script>alert(1)</script>&'`;

describe('the page of the reference', () => {
  it('shows nothing of a brand unescaped, in texts and in addresses', () => {
    const settings = { support_email: evil, support_url: evil, terms_url: evil, privacy_url: evil };
    const page = docsPage({ name: evil, colors: PLAIN_COLORS, settings, logo: null });
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;');
  });

  it('has no link and no picture that a brand has not', () => {
    const page = docsPage(plainPresentation('Copy trading'));
    expect([page.includes('<a '), page.includes('<img'), page.includes('/brand/logo')]).toEqual([false, false, false]);
    expect(page).toContain('<title>Copy trading API</title>');
  });

  it('loads from its own host alone, and is in nobody’s frame', () => {
    expect(DOCS_POLICY).not.toMatch(/https?:|\*|'unsafe-eval'/);
    expect(DOCS_POLICY).toContain("script-src 'self';");
    expect(DOCS_POLICY).toContain("frame-ancestors 'none'");
    for (const [, address] of docsPage(plainPresentation('Plain')).matchAll(/(?:src|href)="([^"]+)"/g)) expect(address).toMatch(/^(\/docs\/|data:,)/);
  });

  it('writes on its colour with what can be read there', () => {
    const style = (primary: string): string => docsStyle({ ...plainPresentation('Plain'), colors: { ...PLAIN_COLORS, primary } });
    expect(style('#ffcc00')).toContain('background: #ffcc00; color: #000000');
    expect(style('#102030')).toContain('background: #102030; color: #ffffff');
  });
});
