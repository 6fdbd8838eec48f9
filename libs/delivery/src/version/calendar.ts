import { type EpochMs, err, ok, type Result } from '@lockstep/kernel';

/** That a version or an operation is not to be relied on any more, and when it ends. Times are RFC 3339 in UTC. */
export interface Notice {
  readonly deprecatedAt: string;
  /** From then on it is not served any more; null: not decided yet. */
  readonly sunsetAt: string | null;
  /** Page that says what to use instead: an absolute path of ours, or an https address. */
  readonly guide: string;
}

export interface ApiVersion {
  /** The day it was published, `YYYY-MM-DD`: its name. */
  readonly version: string;
  readonly notice: Notice | null;
}

/** Every version of the API that was ever published, oldest first, and the operations that end. */
export interface ApiCalendar {
  readonly versions: readonly [ApiVersion, ...ApiVersion[]];
  /** By operation id. */
  readonly operations: Readonly<Record<string, Notice>>;
}

/** Versions and notices of this deployment. Entries are added; one that was published is never removed, so that its callers are told what to do. */
export const API_CALENDAR: ApiCalendar = { versions: [{ version: '2026-11-01', notice: null }], operations: {} };

/** What new keys are made for. */
export const newestVersion = ({ versions }: ApiCalendar): string => (versions.at(-1) ?? versions[0]).version;

/** Versions that are still served at a time, oldest first. */
export const servedVersions = ({ versions }: ApiCalendar, now: EpochMs): readonly string[] =>
  versions.filter(({ notice }) => !isOver(notice, now)).map(({ version }) => version);

export type VersionRefusal =
  | { readonly kind: 'unknown' }
  /** The version, or the operation itself, is not served any more. */
  | { readonly kind: 'version_over' | 'operation_over'; readonly notice: Notice };

/** A request's version, and the header fields that tell what is coming. */
export interface ServedBy {
  readonly version: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether a request for `version` of an operation is served at a time, and what its answer tells. */
export function serveVersion(
  calendar: ApiCalendar,
  { version, operation, now }: { readonly version: string; readonly operation: string; readonly now: EpochMs },
): Result<ServedBy, VersionRefusal> {
  const known = calendar.versions.find((one) => one.version === version);
  if (known === undefined) return err({ kind: 'unknown' });
  const ofOperation = calendar.operations[operation] ?? null;
  if (known.notice !== null && isOver(known.notice, now)) return err({ kind: 'version_over', notice: known.notice });
  if (ofOperation !== null && isOver(ofOperation, now)) return err({ kind: 'operation_over', notice: ofOperation });
  const notices = [known.notice, ofOperation].filter((notice) => notice !== null);
  return ok({ version, headers: noticeHeaders(notices) });
}

/** `Deprecation` (RFC 9745, a structured date), `Sunset` (RFC 8594, an HTTP date) and `Link` to the pages; of several notices the earliest times. */
export function noticeHeaders(notices: readonly Notice[]): Readonly<Record<string, string>> {
  if (notices.length === 0) return {};
  const deprecatedAt = Math.min(...notices.map((notice) => Date.parse(notice.deprecatedAt)));
  const sunsets = notices.flatMap(({ sunsetAt }) => (sunsetAt === null ? [] : [Date.parse(sunsetAt)]));
  const links = notices.flatMap(({ guide, sunsetAt }) => [
    `<${guide}>; rel="deprecation"`,
    ...(sunsetAt === null ? [] : [`<${guide}>; rel="sunset"`]),
  ]);
  return {
    Deprecation: `@${Math.floor(deprecatedAt / 1_000)}`,
    ...(sunsets.length === 0 ? {} : { Sunset: new Date(Math.min(...sunsets)).toUTCString() }),
    Link: [...new Set(links)].join(', '),
  };
}

const isOver = (notice: Notice | null, now: EpochMs): boolean => notice !== null && notice.sunsetAt !== null && now >= Date.parse(notice.sunsetAt);

const VERSION = /^\d{4}-\d{2}-\d{2}$/;

/** What is wrong with a calendar, in words; none: it may be published. `operations` are the ids that exist. */
export function calendarFaults(calendar: ApiCalendar, operations: ReadonlySet<string>): readonly string[] {
  const faults: string[] = [];
  calendar.versions.forEach(({ version, notice }, index) => {
    if (!VERSION.test(version) || Number.isNaN(Date.parse(version))) faults.push(`${version} is no date`);
    const before = calendar.versions[index - 1];
    if (before !== undefined && before.version >= version) faults.push(`${version} stands behind ${before.version}`);
    if (notice !== null) faults.push(...noticeFaults(version, notice));
  });
  if (calendar.versions.at(-1)?.notice !== null) faults.push('the newest version is deprecated: nothing is left to move to');
  for (const [operation, notice] of Object.entries(calendar.operations)) {
    if (!operations.has(operation)) faults.push(`${operation} is no operation`);
    faults.push(...noticeFaults(operation, notice));
  }
  return faults;
}

function noticeFaults(what: string, { deprecatedAt, sunsetAt, guide }: Notice): readonly string[] {
  const deprecated = Date.parse(deprecatedAt);
  const sunset = sunsetAt === null ? null : Date.parse(sunsetAt);
  const faults = [];
  if (Number.isNaN(deprecated) || Number.isNaN(sunset ?? 0)) faults.push(`${what} has a time that is none`);
  if (sunset !== null && sunset < deprecated) faults.push(`${what} ends before it is deprecated`);
  if (!/^(\/|https:\/\/)[^\s<>"]*$/.test(guide)) faults.push(`${what} names no page`);
  return faults;
}
