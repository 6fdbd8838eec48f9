import type { Clock, Random } from '@lockstep/kernel';
import { type Config, describeProblems, type GatewayKeys, gatewayKeys, loadConfig, systemClock, systemRandom } from '@lockstep/platform';
import { openStorage, resolveRoleUrls, type Storage } from '@lockstep/storage';

/** Connections of one gateway to PostgreSQL. */
const POOL_MAX = 16;

export interface Opened {
  readonly config: Config<'gateway'>;
  readonly storage: Storage;
  readonly databaseUrl: string;
  readonly keys: GatewayKeys;
  readonly clock: Clock;
  readonly random: Random;
}

/** Configuration, keys and storage of the gateway's role; a text that says what is wrong with the configuration otherwise. */
export async function openContextStorage(): Promise<Opened | string> {
  const loaded = loadConfig('gateway');
  if (!loaded.ok) return describeProblems('gateway', loaded.error);
  const config = loaded.value;
  const databaseUrl = config.appDatabaseUrl?.reveal() ?? resolveRoleUrls(config.databaseUrl?.reveal() ?? '').app.url;
  const clock = systemClock;
  const storage = await openStorage({ url: databaseUrl, role: 'app', clock, poolMax: POOL_MAX, keepsOpen: true });
  return { config, storage, databaseUrl, keys: gatewayKeys(config), clock, random: systemRandom };
}
