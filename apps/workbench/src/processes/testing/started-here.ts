import { expect, vi } from 'vitest';
import { CommandRun } from './command-run';

const WAIT = { timeout: 240_000, interval: 200 };
const PORTS = ['GATEWAY', 'OPERATOR', 'SIM', 'SIM_CONTROL'].map((name) => `LOCKSTEP_${name}_PORT`);

interface Answered {
  readonly status: number;
  /** Unread: a test looks at it by what it expects. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A partner with a key of its test environment. */
interface InvitedPartner {
  readonly key: string;
  ask(method: string, path: string, body?: object): Promise<Answered>;
  /** Waits until a read answers what is expected. */
  until(path: string, expected: object): Promise<Answered['body']>;
}

/** `npm start` on a data folder and ports that the system chooses, with the addresses and the operator key it printed. */
export class StartedHere {
  private constructor(
    private readonly run: CommandRun,
    readonly api: string,
    readonly operator: string,
    readonly operatorKey: string,
  ) {}

  static async on(dataDir: string, args: readonly string[] = []): Promise<StartedHere> {
    const run = new CommandRun(['start', ...args], { LOCKSTEP_DATA_DIR: dataDir, ...Object.fromEntries(PORTS.map((name) => [name, '0'])) });
    const [api = ''] = await run.line(/^API +(http:\S+)\/v1 /);
    const [operator = '', key = ''] = await run.line(/^operator +(http:\S+) +key (lop_live_\S+)$/);
    return new StartedHere(run, api, operator, key);
  }

  async ask(key: string, method: string, path: string, body?: object): Promise<Answered> {
    const answer = await fetch(`${path.startsWith('operator/') ? this.operator : this.api}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  }

  async partner(name: string): Promise<InvitedPartner> {
    const tenant = await this.ask(this.operatorKey, 'POST', 'operator/tenants', { name });
    const made = await this.ask(this.operatorKey, 'POST', `operator/tenants/${tenant.body.id}/api-keys`, { name: 'first', livemode: false });
    const key = String(made.body.key);
    const ask: InvitedPartner['ask'] = (method, path, body) => this.ask(key, method, path, body);
    return {
      key,
      ask,
      until: (path, expected) =>
        vi.waitFor(async () => {
          const { body } = await ask('GET', path);
          expect(body).toMatchObject(expected);
          return body;
        }, WAIT),
    };
  }

  /** As Ctrl-C does; its exit code. */
  stop(): Promise<number | null> {
    this.run.interrupt();
    return this.run.exited;
  }
}
