import { createLifecycle, createLogger, describeProblems, loadConfig } from '@lockstep/platform';
import { boot } from './boot';

/** The back office as a process: prints one JSON line when it is ready, ends in order on SIGTERM. */
async function main(): Promise<void> {
  const config = loadConfig('backoffice');
  if (!config.ok) {
    process.stderr.write(`${describeProblems('backoffice', config.error)}\n`);
    process.exitCode = 1;
    return;
  }
  const log = createLogger({ process: 'backoffice', level: config.value.logLevel });
  const lifecycle = createLifecycle({ log, drainTimeoutMs: config.value.drainTimeoutMs });
  try {
    const { healthPort } = await boot(config.value, log, lifecycle);
    process.stdout.write(`${JSON.stringify({ ready: true, process: 'backoffice', healthPort })}\n`);
  } catch (error) {
    log.fatal('the back office could not start', { error });
    await lifecycle.drain('failed start', 1);
  }
}

void main();
