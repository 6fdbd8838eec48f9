import { describeProblems, loadConfig } from '@lockstep/platform';
import { runBench } from './commands/bench';
import { runCrashCommand } from './commands/crash';
import { runDemo } from './commands/demo';
import { runMigrate } from './commands/migrate';
import { runStart } from './commands/start';

const USAGE = `lockstep <command>
  start                 everything on this machine, until Ctrl-C
  demo [options]        the main job from end to end; ends with 0 when every invariant holds (demo --help)
  bench <name> [--json] a measurement (bench --help)
  crash [options]       kills the engine at named points and random moments; the venue's books judge (crash --help)
  migrate               brings the database of DATABASE_URL to the newest schema`;

const COMMANDS: Readonly<Record<string, (config: Parameters<typeof runDemo>[0], args: readonly string[]) => Promise<number>>> = {
  start: runStart,
  demo: runDemo,
  bench: runBench,
  crash: runCrashCommand,
  migrate: runMigrate,
};

async function main(): Promise<number> {
  const [name, ...args] = process.argv.slice(2);
  const command = name === undefined ? undefined : COMMANDS[name];
  if (!command) {
    process.stderr.write(`${name === undefined ? '' : `no command "${name}"\n`}${USAGE}\n`);
    return name === '--help' ? 0 : 2;
  }
  const config = loadConfig('workbench');
  if (!config.ok) {
    process.stderr.write(`${describeProblems('workbench', config.error)}\n`);
    return 2;
  }
  return command(config.value, args);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
