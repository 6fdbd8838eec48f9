import { err, ok, type Result } from '@lockstep/kernel';
import { describeProblems, loadConfig, systemClock } from '@lockstep/platform';
import { parseVerifyMode } from '@lockstep/simulation';
import { DEFAULT_FLAGS, type Flags, readFlags, USAGE } from './flags';
import { startVenueSim } from './server';

/** Starts the simulated venue; prints one JSON line when it listens; ends on SIGTERM, SIGINT or a shutdown request. */
async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const standard = environmentFlags();
  if (!standard.ok) {
    process.stderr.write(`${standard.error}\n`);
    return 2;
  }
  const flags = readFlags(argv, standard.value);
  if (!flags.ok) return refuse(flags.error);
  const signalled = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  const failed = (error: Error): void => {
    process.stderr.write(`venue-sim: a recovering thread died: ${error.message}\n`);
    process.exit(1);
  };
  const started = await startVenueSim(flags.value, systemClock, failed);
  if (!started.ok) {
    process.stderr.write(`venue-sim: ${started.error}\n`);
    return 2;
  }
  const { port, controlPort, shutdownAsked, close } = started.value;
  process.stdout.write(`${JSON.stringify({ ready: true, port, controlPort, seed: flags.value.seed, pid: process.pid })}\n`);
  await Promise.race([signalled, shutdownAsked]);
  await close();
  return 0;
}

/** What the environment sets; the command line stands above it. */
function environmentFlags(): Result<Flags, string> {
  const config = loadConfig('venue-sim');
  if (!config.ok) return err(describeProblems('venue-sim', config.error));
  const { simHost, simPort, simControlHost, simControlPort, simControlKey, simSeed, simVerify } = config.value;
  const verify = parseVerifyMode(simVerify);
  if (!verify.ok) return err(`LOCKSTEP_SIM_VERIFY ${verify.error}`);
  return ok({
    ...DEFAULT_FLAGS,
    host: simHost,
    port: simPort,
    controlHost: simControlHost,
    controlPort: simControlPort,
    controlKey: simControlKey === null ? null : simControlKey.reveal(),
    seed: simSeed,
    verify: verify.value,
  });
}

function refuse(reason: string): number {
  process.stderr.write(`venue-sim: ${reason}\n\n${USAGE}\n`);
  return 2;
}

void main().then((code) => {
  process.exitCode = code;
});
