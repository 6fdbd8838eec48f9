import { systemClock } from '@lockstep/platform';
import { readFlags, USAGE } from './flags';
import { startVenueSim } from './server';

/** Starts the simulated venue; prints one JSON line when it listens; ends on SIGTERM, SIGINT or a shutdown request. */
async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const flags = readFlags(argv);
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
  if (!started.ok) return refuse(started.error);
  const { port, controlPort, shutdownAsked, close } = started.value;
  process.stdout.write(`${JSON.stringify({ ready: true, port, controlPort, seed: flags.value.seed, pid: process.pid })}\n`);
  await Promise.race([signalled, shutdownAsked]);
  await close();
  return 0;
}

function refuse(reason: string): number {
  process.stderr.write(`venue-sim: ${reason}\n\n${USAGE}\n`);
  return 2;
}

void main().then((code) => {
  process.exitCode = code;
});
