import { describe, expect, it } from 'vitest';
import { askedHost, domainOf, originOf } from './asked-host';

describe('the host that was asked for', () => {
  it.each<[string, Readonly<Record<string, string>>, number, string | null]>([
    ['is `Host`', { host: 'api.acme.example' }, 0, 'http://api.acme.example'],
    ['whatever its case', { host: 'API.Acme.Example' }, 0, 'http://api.acme.example'],
    ['with its port', { host: 'api.acme.example:8443' }, 0, 'http://api.acme.example:8443'],
    ['without a port that goes without saying', { host: 'api.acme.example:80' }, 0, 'http://api.acme.example'],
    ['without a closing dot', { host: 'api.acme.example.:80' }, 0, 'http://api.acme.example'],
    ['and nothing else without trusted proxies', { host: 'a.example', 'x-forwarded-host': 'b.example' }, 0, 'http://a.example'],
    ['is what a trusted proxy says', { host: 'inner', 'x-forwarded-host': 'b.example' }, 1, 'http://b.example'],
    ['with its scheme', { host: 'inner', 'x-forwarded-host': 'b.example', 'x-forwarded-proto': 'https' }, 1, 'https://b.example'],
    ['of several what the trusted one added', { host: 'inner', 'x-forwarded-host': 'c.example, b.example' }, 1, 'http://b.example'],
    ['of several trusted ones the outermost', { host: 'inner', 'x-forwarded-host': 'c.example, b.example, a.example' }, 2, 'http://b.example'],
    ['of fewer than are trusted the first', { host: 'inner', 'x-forwarded-host': 'b.example' }, 3, 'http://b.example'],
    ['is `Host` where a proxy adds nothing', { host: 'b.example', 'x-forwarded-proto': 'https' }, 1, 'https://b.example'],
    ['without the port of https', { host: 'b.example:443', 'x-forwarded-proto': 'https' }, 1, 'https://b.example'],
    ['is none without a name', { host: '127.0.0.1:8080' }, 0, null],
    ['is none for IPv6', { host: '[::1]:8080' }, 0, null],
    ['is none for one label', { host: 'localhost:8080' }, 0, null],
    ['is none for more than a host', { host: 'a.example/b' }, 0, null],
    ['is none for a user', { host: 'acme@evil.example' }, 0, null],
    ['is none for two dots', { host: 'a.example..' }, 0, null],
    ['is none where nothing is said', {}, 0, null],
  ])('%s', (_what, headers, hops, expected) => {
    expect(originOf(askedHost(headers, hops))).toBe(expected);
  });
});

describe('a host name that somebody wrote', () => {
  it.each([
    ['api.acme.example', 'api.acme.example'],
    ['API.Acme.Example.', 'api.acme.example'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['MÜNCHEN.example', 'xn--mnchen-3ya.example'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['例え。jp', 'xn--r8jz45g.jp'],
    ['ａcme.example', 'acme.example'],
    ['xn--a.example', null],
    ['xn--.example', null],
    ['acme.xn--a-ecp', null],
    ['xn--zca.example', 'xn--zca.example'],
    ['acme.example:8443', null],
    ['https://acme.example', null],
    ['acme.example/', null],
    ['user@acme.example', null],
    ['ac%6de.example', null],
    ['acme example.com', null],
    ['*.acme.example', null],
    ['127.0.0.1', null],
    ['0x7f.1', null],
    ['2130706433.1', null],
    ['localhost', null],
    ['', null],
    ['.', null],
  ])('%j is %j', (text, expected) => {
    expect(domainOf(text)).toBe(expected);
  });
});
