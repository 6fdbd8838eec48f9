import type { Config } from '@lockstep/platform';
import { BENCHES } from '../bench/benches';

const USAGE = `npm run bench -- <name> [options] [--json]
${Object.entries(BENCHES)
  .map(([name, bench]) => `  ${name.padEnd(10)} ${bench.about}`)
  .join('\n')}
The last line is one JSON object; with --json progress goes to standard error and nothing else is printed.`;

/** Runs one measurement. Ends with 2 for a wrong command line. */
export async function runBench(config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!bench) {
    process.stderr.write(`${USAGE}\n`);
    return name === '--help' ? 0 : 2;
  }
  const quiet = rest.includes('--json');
  const say = (text: string): void => {
    (quiet ? process.stderr : process.stdout).write(`${text}\n`);
  };
  const report = await bench.run({ config, args: rest.filter((arg) => arg !== '--json'), say });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return 0;
}
