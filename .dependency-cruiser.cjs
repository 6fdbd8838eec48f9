/** The import rules of ARCHITECTURE.md ("Rooms"): imports run downward only, and nothing runs in a circle. */
const pure = ['kernel', 'tenancy', 'roster', 'risk', 'replication', 'ledger'];
const allowed = {
  kernel: [],
  tenancy: ['kernel'],
  roster: ['kernel'],
  risk: ['kernel', 'roster'],
  replication: ['kernel', 'roster', 'risk'],
  ledger: ['kernel', 'roster'],
  platform: ['kernel'],
  storage: [...pure, 'platform'],
  venues: ['kernel', 'platform'],
  delivery: pure,
  simulation: ['kernel', 'venues/src/port'],
};
const tests = '\\.spec\\.ts$|/testing/';

// The twin of storage in memory keeps what storage promises, so it knows its rows.
const twin = '^libs/simulation/src/store/';

const forbidden = Object.entries(allowed).map(([room, rooms]) => ({
  name: `${room}-imports`,
  comment: `${room} may import ${rooms.join(', ') || 'no other room'}`,
  severity: 'error',
  from: { path: `^libs/${room}/`, pathNot: `${tests}|${twin}` },
  to: { path: '^(libs|apps|migrations)/', pathNot: [`^libs/${room}/`, ...rooms.map((name) => `^libs/${name}(/|$)`), ...(room === 'storage' ? ['^migrations/'] : [])] },
}));

forbidden.push(
  {
    name: 'simulated-storage-imports',
    comment: 'The twin of storage imports what storage does, and nothing that reaches PostgreSQL.',
    severity: 'error',
    from: { path: twin, pathNot: tests },
    to: { path: '^(libs|apps|migrations)/', pathNot: [twin, ...[...pure, 'storage'].map((name) => `^libs/${name}(/|$)`)] },
  },
  {
    name: 'pure-rooms-use-no-node',
    comment: 'A pure room talks to nothing: no Node built-ins and no packages.',
    severity: 'error',
    from: { path: `^libs/(${pure.join('|')})/`, pathNot: tests },
    to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'] },
  },
  {
    name: 'apps-never-import-each-other',
    severity: 'error',
    from: { path: '^apps/([^/]+)/', pathNot: `${tests}|^apps/workbench/src/simulate/` },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'simulation-runs-the-engine-by-its-front-door',
    comment: 'One seed owns everything of a simulated run, so the engine runs inside that process, and only what its front door names is used.',
    severity: 'error',
    from: { path: '^apps/workbench/src/simulate/' },
    to: { path: '^apps/', pathNot: ['^apps/workbench/', '^apps/engine/src/index\\.ts$'] },
  },
  {
    name: 'simulation-only-for-simulated-processes',
    comment: 'Production processes never contain the simulated exchange.',
    severity: 'error',
    from: { path: '^apps/(gateway|engine|backoffice)/', pathNot: tests },
    to: { path: '^libs/simulation/' },
  },
  {
    name: 'simulation-shares-no-code-with-adapters',
    comment: 'The simulator is independent of what it tests.',
    severity: 'error',
    from: { path: '^(libs/simulation|apps/venue-sim)/', pathNot: tests },
    to: { path: '^libs/venues/src/(?!port/)' },
  },
  {
    name: 'auditor-knows-the-kernel-alone',
    comment: 'The judge of a simulated run shares nothing with what it judges, not even the simulated exchange.',
    severity: 'error',
    from: { path: '^libs/simulation/src/auditor/', pathNot: tests },
    to: { pathNot: ['^libs/kernel(/|$)', '^libs/simulation/src/auditor/'] },
  },
  {
    name: 'egress-is-pure-and-neutral',
    comment: 'The egress scheduler is told the time and knows no venue: forecasts run it elsewhere, other venues use it.',
    severity: 'error',
    from: { path: '^libs/venues/src/egress/', pathNot: tests },
    to: { path: ['^(libs|apps)/', '^(node:)?[a-z_]+$'], pathNot: ['^libs/venues/src/egress/', '^zod$', 'node_modules/zod/'] },
  },
  {
    name: 'sql-only-in-storage',
    comment: 'Only storage knows SQL and TypeORM; platform opens the server.',
    severity: 'error',
    from: { path: '^(apps|libs)/', pathNot: ['^libs/(storage|platform)/', tests] },
    to: { path: 'node_modules/(typeorm|pg|@nestjs/typeorm)/' },
  },
  {
    name: 'no-barrel-from-inside',
    comment: 'index.ts is the front door for other rooms.',
    severity: 'error',
    from: { path: '^libs/([^/]+)/src/', pathNot: tests },
    to: { path: '^libs/$1/src/index\\.ts$' },
  },
  { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  { name: 'not-to-dev-dependency', severity: 'error', from: { path: '^(apps|libs|migrations)/', pathNot: [tests, '^apps/workbench/', '^apps/gateway/src/fuzz/'] }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
);

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules/\\.)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'import', 'node', 'default', 'types'] },
  },
};
