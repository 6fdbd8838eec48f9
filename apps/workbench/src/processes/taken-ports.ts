import { createServer } from 'node:net';
import type { Config } from '@lockstep/platform';

type Ports = Pick<Config<'workbench'>, 'gatewayHost' | 'gatewayPort' | 'operatorHost' | 'operatorPort' | 'simPort' | 'simControlPort'>;
const SIM_HOST = '127.0.0.1';

/** The ports of a stack on fixed ports at which something else listens, each as a sentence that names the variable to change. A port 0 is never taken. */
export async function takenPorts({ gatewayHost, gatewayPort, operatorHost, operatorPort, simPort, simControlPort }: Ports): Promise<string[]> {
  const wanted = [
    ['LOCKSTEP_GATEWAY_PORT', gatewayHost, gatewayPort],
    ['LOCKSTEP_OPERATOR_PORT', operatorHost, operatorPort],
    ['LOCKSTEP_SIM_PORT', SIM_HOST, simPort],
    ['LOCKSTEP_SIM_CONTROL_PORT', SIM_HOST, simControlPort],
  ] as const;
  const told = await Promise.all(
    wanted.map(async ([variable, host, port]) => ((await isTaken(host, port)) ? [`port ${port} is taken: set ${variable} to another`] : [])),
  );
  return told.flat();
}

/** Other reasons not to listen (an address that is not this machine's) are told by the process that listens in earnest. */
function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE'));
    probe.listen(port, host, () => probe.close(() => resolve(false)));
  });
}
