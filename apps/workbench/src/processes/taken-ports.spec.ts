import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { takenPorts } from './taken-ports';

const HOST = '127.0.0.1';
const free = { gatewayHost: HOST, gatewayPort: 0, operatorHost: HOST, operatorPort: 0, simPort: 0, simControlPort: 0 };
let other: Server | null = null;
afterEach(() => new Promise((resolve) => (other === null ? resolve(null) : other.close(resolve))));

async function listening(): Promise<number> {
  other = createServer().listen(0, HOST);
  await once(other, 'listening');
  const address = other.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

describe('ports that something else listens at', () => {
  it.each([
    ['gatewayPort', 'LOCKSTEP_GATEWAY_PORT'],
    ['operatorPort', 'LOCKSTEP_OPERATOR_PORT'],
    ['simPort', 'LOCKSTEP_SIM_PORT'],
    ['simControlPort', 'LOCKSTEP_SIM_CONTROL_PORT'],
  ])('%s is told with its variable', async (property, variable) => {
    const port = await listening();
    expect(await takenPorts({ ...free, [property]: port })).toEqual([`port ${port} is taken: set ${variable} to another`]);
  });

  it('ports that the system chooses are free', async () => {
    expect(await takenPorts(free)).toEqual([]);
  });
});
