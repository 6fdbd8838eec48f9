import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Code is compiled for speed after eight times as much work as by default, in the threads of the tests too: most of what they run, they run a few times.
setFlagsFromString('--interrupt-budget=540672');

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const rooms = ['kernel', 'tenancy', 'roster', 'risk', 'replication', 'ledger', 'platform', 'storage', 'delivery', 'simulation'];
const alias = [
  ...['port', 'egress', 'hyperliquid', 'perps-studio', 'conformance'].map((part) => ({
    find: `@lockstep/venues/${part}`,
    replacement: at(`./libs/venues/src/${part}`),
  })),
  ...rooms.map((room) => ({ find: `@lockstep/${room}`, replacement: at(`./libs/${room}/src`) })),
];

const plugins = () => [
  swc.vite({
    module: { type: 'es6' },
    jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true, decoratorMetadata: true } },
  }),
];
// Patience for a busy machine: no test asserts a time, so a long limit costs nothing where things go well.
const UNIT_TIMEOUT_MS = 180_000;
const INTEGRATION_TIMEOUT_MS = 300_000;
/** Whole stacks that run for minutes: `npm run test:long`, not part of `npm test`. */
const LONG_TIMEOUT_MS = 1_800_000;
const shared = { pool: 'threads' as const, isolate: false };

/** Integration tests that take longest, the longest first: one that began among the last would run on alone. */
const LONGEST = [
  'apps/workbench/src/sandbox/sandbox.it.spec.ts',
  'apps/engine/src/perps-studio.it.spec.ts',
  'apps/engine/src/funding.it.spec.ts',
  'apps/engine/src/modes.it.spec.ts',
  'apps/engine/src/account-agents.it.spec.ts',
  'apps/engine/src/recovery.it.spec.ts',
  'apps/engine/src/shared-account.it.spec.ts',
  'apps/engine/src/unreachable.it.spec.ts',
  'apps/engine/src/one-engine.it.spec.ts',
  'libs/venues/src/hyperliquid/submit/paths.it.spec.ts',
  'apps/engine/src/accounts.it.spec.ts',
  'apps/engine/src/account-types.it.spec.ts',
  'apps/engine/src/venue-events.it.spec.ts',
  'apps/workbench/src/simulate/postgres-seed.it.spec.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        plugins: plugins(),
        oxc: false,
        resolve: { alias },
        test: {
          ...shared,
          name: 'unit',
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
          include: ['{apps,libs,migrations}/**/*.spec.ts'],
          exclude: ['**/*.it.spec.ts', '**/*.long.spec.ts', '**/node_modules/**', 'dist/**'],
        },
      },
      {
        plugins: plugins(),
        oxc: false,
        resolve: { alias },
        test: {
          ...shared,
          name: 'integration',
          include: ['{apps,libs,migrations}/**/*.it.spec.ts'],
          exclude: ['**/node_modules/**', 'dist/**'],
          testTimeout: INTEGRATION_TIMEOUT_MS,
          hookTimeout: INTEGRATION_TIMEOUT_MS,
          // More than cores: most of their time they wait, for other processes and for intervals of the product.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: plugins(),
        oxc: false,
        resolve: { alias },
        test: {
          ...shared,
          name: 'long',
          include: ['{apps,libs,migrations}/**/*.long.spec.ts'],
          exclude: ['**/node_modules/**', 'dist/**'],
          testTimeout: LONG_TIMEOUT_MS,
          hookTimeout: LONG_TIMEOUT_MS,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
