import type { Config } from '@lockstep/platform';
import { operatorKey } from '../client/operator-key';
import { interruption } from '../processes/interruption';
import { startStack } from '../processes/stack';
import { untilStopped } from '../processes/until-stopped';

const NEW_OPERATOR_KEY = '--new-operator-key';

/** Starts everything on fixed ports and stays up until SIGINT or SIGTERM, or until one of the processes ends by itself (code 1). */
export async function runStart(config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== NEW_OPERATOR_KEY);
  if (unknown !== undefined) {
    process.stderr.write(`start: no option "${unknown}"; there is ${NEW_OPERATOR_KEY}, for a further operator key\n`);
    return 2;
  }
  // From the first moment on: a signal during the start must end what has been started.
  const asked = interruption();
  // Each tenant's test environment has a world of its own, so that nobody needs the simulator's control port.
  const extra = { gateway: { LOCKSTEP_SANDBOX_WORLDS: 'own' } };
  const stack = await startStack({ config, dataDir: config.dataDir, simArgs: [], fixedPorts: true, extra, onStep: say });
  const key = await operatorKey(stack, args.includes(NEW_OPERATOR_KEY));
  say('');
  say(`API         ${stack.gatewayUrl}/v1   documentation ${stack.gatewayUrl}/docs`);
  const told = `(its key was printed when it was made; npm start -- ${NEW_OPERATOR_KEY} makes another)`;
  say(`operator    ${stack.operatorUrl}   ${key === null ? told : `key ${key}`}`);
  say(`simulator   ${stack.simUrl}   control ${stack.simControlUrl}`);
  say(`logs        ${stack.dataDir}/logs   stop with Ctrl-C`);
  const ended = await untilStopped(stack, asked.promise);
  if (ended !== null) say(`${ended} ended by itself; stopping the others`);
  await stack.stop();
  return ended === null ? 0 : 1;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
