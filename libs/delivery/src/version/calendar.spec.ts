import { describe, expect, it } from 'vitest';
import { API_CALENDAR, type ApiCalendar, calendarFaults, type Notice, newestVersion, servedVersions, serveVersion } from './calendar';

const notice = (deprecatedAt: string, sunsetAt: string | null = null): Notice => ({ deprecatedAt, sunsetAt, guide: '/docs/moving' });
const CALENDAR: ApiCalendar = {
  versions: [
    { version: '2025-01-01', notice: notice('2025-06-01T00:00:00Z', '2026-01-01T00:00:00Z') },
    { version: '2025-06-01', notice: notice('2026-01-01T00:00:00Z') },
    { version: '2026-01-01', notice: null },
  ],
  operations: { 'copies.get': notice('2025-03-01T00:00:00Z', '2027-01-01T00:00:00Z') },
};
const KNOWN = new Set(['copies.get', 'copies.list']);
const at = (time: string, version: string, operation = 'copies.list') => serveVersion(CALENDAR, { version, operation, now: Date.parse(time) });

describe('a version', () => {
  it('is served with nothing to tell while it has no notice', () => {
    expect(at('2026-02-01T00:00:00Z', '2026-01-01')).toEqual({ ok: true, value: { version: '2026-01-01', headers: {} } });
    expect(newestVersion(CALENDAR)).toBe('2026-01-01');
  });

  it('that is deprecated is served and says so, before its sunset and before the notice begins', () => {
    const told = {
      Deprecation: '@1748736000',
      Sunset: 'Thu, 01 Jan 2026 00:00:00 GMT',
      Link: '</docs/moving>; rel="deprecation", </docs/moving>; rel="sunset"',
    };
    for (const time of ['2025-05-01T00:00:00Z', '2025-12-31T23:59:59.999Z'])
      expect(at(time, '2025-01-01')).toEqual({ ok: true, value: { version: '2025-01-01', headers: told } });
    expect(at('2026-02-01T00:00:00Z', '2025-06-01')).toMatchObject({ value: { headers: { Link: '</docs/moving>; rel="deprecation"' } } });
  });

  it('is refused from its sunset on, and one that never was at once', () => {
    expect(at('2026-01-01T00:00:00Z', '2025-01-01')).toMatchObject({ error: { kind: 'version_over' } });
    expect(at('2026-01-01T00:00:00Z', '2024-01-01')).toEqual({ ok: false, error: { kind: 'unknown' } });
    expect(servedVersions(CALENDAR, Date.parse('2026-01-01T00:00:00Z'))).toEqual(['2025-06-01', '2026-01-01']);
  });
});

describe('an operation that ends', () => {
  it('is told beside its version by the earlier times, and is refused from its own sunset on', () => {
    expect(at('2025-07-01T00:00:00Z', '2025-01-01', 'copies.get')).toMatchObject({
      value: { headers: { Deprecation: '@1740787200', Sunset: 'Thu, 01 Jan 2026 00:00:00 GMT' } },
    });
    expect(at('2027-01-01T00:00:00Z', '2026-01-01', 'copies.get')).toMatchObject({ error: { kind: 'operation_over' } });
  });
});

describe('a calendar', () => {
  it('of this deployment may be published', () => {
    expect(calendarFaults(API_CALENDAR, KNOWN)).toEqual([]);
    expect(calendarFaults(CALENDAR, KNOWN)).toEqual([]);
  });

  it.each<[string, ApiCalendar, string]>([
    [
      'a sunset before the deprecation',
      {
        versions: [
          { version: '2025-01-01', notice: notice('2025-06-01', '2025-05-01') },
          { version: '2026-01-01', notice: null },
        ],
        operations: {},
      },
      '2025-01-01 ends before it is deprecated',
    ],
    [
      'versions out of order',
      {
        versions: [
          { version: '2026-01-01', notice: null },
          { version: '2025-01-01', notice: null },
        ],
        operations: {},
      },
      '2025-01-01 stands behind 2026-01-01',
    ],
    [
      'nothing to move to',
      { versions: [{ version: '2025-01-01', notice: notice('2025-06-01') }], operations: {} },
      'the newest version is deprecated: nothing is left to move to',
    ],
    ['a name that is no date', { versions: [{ version: 'v1', notice: null }], operations: {} }, 'v1 is no date'],
    ['a time that is none', { ...CALENDAR, operations: { 'copies.get': notice('soon') } }, 'copies.get has a time that is none'],
    ['an operation that is none', { ...CALENDAR, operations: { 'copies.gone': notice('2025-01-01') } }, 'copies.gone is no operation'],
    ['no page', { ...CALENDAR, operations: { 'copies.get': { ...notice('2025-01-01'), guide: 'moving' } } }, 'copies.get names no page'],
  ])('with %s may not', (_what, calendar, fault) => {
    expect(calendarFaults(calendar, KNOWN)).toContain(fault);
  });
});
