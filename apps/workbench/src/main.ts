import { type Config, describeProblems, loadConfig } from '@lockstep/platform';

const USAGE = `lockstep <command>
  start                 everything on this machine, until Ctrl-C
  demo [options]        the main job from end to end; ends with 0 when every invariant holds (demo --help)
  bench <name> [--json] a measurement (bench --help)
  crash [options]       kills the engine at named points and random moments; the venue's books judge (crash --help)
  faults [options]      every fault of the venue at every stage of an order's life; the venue's books judge (faults --help)
  sim [options]         the engine in simulated worlds, seed after seed; an auditor of its own judges every order (sim --help)
  replay --seed S       plays a simulated seed twice and shows the decisions behind what went wrong, from the journal's bytes (replay --help)
  doctor --venue [URL]  looks at a venue, an account, its agent and builder before real money does (doctor --help)
  seals <what>          the keys that agents' keys are sealed with: who opens what, and their renewal (seals --help)
  migrate               brings the database of DATABASE_URL to the newest schema`;

type Command = (config: Config<'workbench'>, args: readonly string[]) => Promise<number>;

/** A command is loaded when it is called: demo, bench, crash, faults, sim and replay need development packages, which an image does not have. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.js')).runStart,
  demo: async () => (await import('./commands/demo.js')).runDemo,
  bench: async () => (await import('./commands/bench.js')).runBench,
  crash: async () => (await import('./commands/crash.js')).runCrashCommand,
  doctor: async () => (await import('./commands/doctor.js')).runDoctor,
  faults: async () => (await import('./commands/faults.js')).runFaultsCommand,
  sim: async () => (await import('./commands/sim.js')).runSimCommand,
  replay: async () => (await import('./commands/replay.js')).runReplayCommand,
  seals: async () => (await import('./commands/seals.js')).runSeals,
  migrate: async () => (await import('./commands/migrate.js')).runMigrate,
};

async function main(): Promise<number> {
  const [name, ...args] = process.argv.slice(2);
  const load = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (!load) {
    process.stderr.write(`${name === undefined ? '' : `no command "${name}"\n`}${USAGE}\n`);
    return name === '--help' ? 0 : 2;
  }
  const config = loadConfig('workbench');
  if (!config.ok) {
    process.stderr.write(`${describeProblems('workbench', config.error)}\n`);
    return 2;
  }
  const command = await load();
  return command(config.value, args);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
