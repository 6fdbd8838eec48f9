import type { CrashReport } from './run-crash';

/** The report for people: what was driven, how long starts took, and every broken rule with its rows. */
export function reportLines(report: CrashReport): string[] {
  const { last } = report;
  return [
    '',
    `${report.deaths.length} deaths at ${new Set(report.deaths.map((death) => death.point)).size} named points, ${report.randomKills} kills at random moments, ${report.leaderMoves} leader moves`,
    `judged by the venue's books: ${last.copies} copies, ${last.venueOrders} orders and ${last.venueFills} fills at the venue, ${last.journaledOrders} orders journaled`,
    `engine starts: ${startLine(report)}`,
    ...(report.restart === null
      ? []
      : [
          `restart with ${report.restart.copies} copies, ${report.restart.openRows} open journal rows, ${report.restart.unknownOrders} orders to settle: ready after ${report.restart.readyMs} ms`,
        ]),
    ...Object.entries(last.givenUp).map(([reason, count]) => `given up with a reason: ${count} × ${reason}`),
    ...report.missed.map((point) => `✗ point never passed: ${point} (seed ${report.seed})`),
    ...report.violations.flatMap(({ after, rule, detail, rows }) => [
      `✗ ${rule} (seed ${report.seed}, after ${after}): ${detail}`,
      ...rows.map((row) => `    ${rowText(row)}`),
    ]),
    report.violations.length === 0 ? 'no lost and no double order' : `${report.violations.length} violations`,
  ];
}

/** The report for programs, one object. */
export function reportJson(report: CrashReport): unknown {
  const ready = readyTimes(report);
  return {
    crash: {
      seed: report.seed,
      followers: report.followers,
      deaths: report.deaths,
      missed: report.missed,
      random_kills: report.randomKills,
      leader_moves: report.leaderMoves,
      restart: report.restart,
      start_ms: { count: ready.length, median: ready[Math.floor(ready.length / 2)] ?? null, most: ready.at(-1) ?? null },
      judged: { ...report.last, violations: undefined },
      violations: report.violations.map((violation) => ({ ...violation, rows: violation.rows.map(rowText) })),
    },
  };
}

const readyTimes = (report: CrashReport): number[] =>
  report.starts.flatMap(({ readyMs }) => (readyMs === null ? [] : [Math.round(readyMs)])).sort((a, b) => a - b);

function startLine(report: CrashReport): string {
  const ready = readyTimes(report);
  if (ready.length === 0) return 'none became ready';
  return `${report.starts.length}, ${ready.length} became ready after a median of ${ready[Math.floor(ready.length / 2)]} ms, at most ${ready.at(-1)} ms`;
}

/** Rows hold bigints, which JSON does not. */
const rowText = (row: unknown): string => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
