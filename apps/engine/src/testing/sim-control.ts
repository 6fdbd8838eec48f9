import { startProcess, type TestProcess } from './processes';

/** The built simulated venue as a child process with its control port. */
export interface TestVenue {
  readonly process: TestProcess;
  readonly url: string;
  /** POST to the control port; throws with the venue's complaint. */
  control(path: string, body: unknown): Promise<unknown>;
  /** Ends every fault of the main world. */
  endFaults(): Promise<void>;
  /** An account's truth as the venue keeps it. */
  truth(address: string): Promise<Record<string, unknown>>;
  /** POST /info. */
  info(request: unknown): Promise<unknown>;
}

export async function startVenue(args: readonly string[] = []): Promise<TestVenue> {
  const all = ['--port', '0', '--control-port', '0', '--path', 'still', '--block-ms', '50', ...args];
  const child = await startProcess('dist/apps/venue-sim/src/main.js', all, {});
  const url = `http://127.0.0.1:${String(child.ready.port)}`;
  const controlUrl = `http://127.0.0.1:${String(child.ready.controlPort)}`;
  const post = async (target: string, body: unknown): Promise<unknown> => {
    const response = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${target}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    process: child,
    url,
    control: (path, body) => post(`${controlUrl}${path}`, body),
    endFaults: async () => {
      await fetch(`${controlUrl}/worlds/main/faults`, { method: 'DELETE' });
    },
    info: (request) => post(`${url}/info`, request),
    truth: async (address) => {
      const response = await fetch(`${controlUrl}/worlds/main/truth?address=${address}`);
      const [line = '{}'] = (await response.text()).split('\n');
      const value: unknown = line === '' ? {} : JSON.parse(line);
      return typeof value === 'object' && value !== null ? { ...value } : {};
    },
  };
}
