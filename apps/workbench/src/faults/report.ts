import type { CellResult, FaultReport } from './run-faults';

const HEAD = ['stage', 'fault', 'struck', 'orders', 'at rest after', 'books'] as const;

/** The report for people: one line per fault and stage, then every broken rule. */
export function faultLines({ cells, last, seed }: FaultReport): string[] {
  const rows = [HEAD, ...cells.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const broken = brokenOf({ cells, last });
  return [
    '',
    ...rows.map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    '',
    ...cells.flatMap((cell) => cell.violations.map(({ rule, detail }) => `✗ ${cell.stage}: ${cell.fault} (seed ${seed}): ${rule}: ${detail}`)),
    ...last.violations.map(({ rule, detail }) => `✗ closing everything (seed ${seed}): ${rule}: ${detail}`),
    `${cells.length} faults; ${last.copies} copies, ${last.venueOrders} orders and ${last.venueFills} fills at the venue, ${last.journaledOrders} orders journaled`,
    broken === 0 ? 'no lost and no double order' : `${broken} violations`,
  ];
}

const rowOf = (cell: CellResult): readonly string[] => [
  cell.stage,
  cell.fault,
  String(cell.struck),
  String(cell.orders),
  `${(cell.settledMs / 1_000).toFixed(1)} s`,
  cell.violations.length === 0 ? 'agree' : 'DIFFER',
];

/** Broken promises of a whole run. */
export const brokenOf = ({ cells, last }: Pick<FaultReport, 'cells' | 'last'>): number =>
  cells.reduce((sum, cell) => sum + cell.violations.length, last.violations.length);

/** The report for programs, one object. */
export function faultJson(report: FaultReport): unknown {
  const { cells, last, seed, followers } = report;
  return {
    faults: {
      seed,
      followers,
      cells: cells.map(({ violations, ...cell }) => ({ ...cell, violations: violations.map(({ rule, detail }) => ({ rule, detail })) })),
      metrics: {
        cells: cells.length,
        struck: cells.reduce((sum, cell) => sum + cell.struck, 0),
        venue_orders: last.venueOrders,
        venue_fills: last.venueFills,
        journaled_orders: last.journaledOrders,
        violations: brokenOf(report),
      },
    },
  };
}
