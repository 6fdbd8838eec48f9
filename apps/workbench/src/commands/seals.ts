import { err, ok, type Result } from '@lockstep/kernel';
import {
  addMachineSealingKey,
  type Config,
  createLogger,
  describeMissing,
  enginePrivateKeys,
  makeSealingKeys,
  missingKeys,
  openDatabase,
  opener,
  systemClock,
} from '@lockstep/platform';
import { migrate, openStorage, resolveRoleUrls, type SealCount, type Storage, sealCounts } from '@lockstep/storage';
import { givenUrls } from '../processes/stack';
import { reseal } from '../seals/reseal';

const USAGE = `npm run seals -- <what> [options]
The keys that agents' private keys are sealed with: who opens what, and their renewal (docs/sealing.md).
  status           how many agent keys each sealing key opens
  check            as status; ends with 1 when a key is missing that accounts in use need
  new-key          a new key pair: put before those of the data folder, or printed where LOCKSTEP_SEALING_PRIVATE_KEYS is set
  reseal           seals every agent key anew with the newest key; can be ended and started again at any time
  --batch N        with reseal: so many in one transaction (default 200)
  --json           one line of JSON
Ends with 0, with 1 when something is missing or was left, with 2 for a wrong command line.`;

const WHATS = ['status', 'check', 'new-key', 'reseal'] as const;
const BATCH_BOXES = 200;
const POOL_MAX = 2;

interface SealsOptions {
  readonly what: (typeof WHATS)[number];
  readonly batchMax: number;
  readonly json: boolean;
}

/** Tells, checks and renews the keys that agents' keys are sealed with. It runs where the engine's keys are, as the engine's role. */
export async function runSeals(config: Config<'workbench'>, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    say(USAGE);
    return 0;
  }
  const options = parseSealsOptions(args);
  if (!options.ok) {
    process.stderr.write(`seals: ${options.error}\n\n${USAGE}\n`);
    return 2;
  }
  if (options.value.what === 'new-key') return newKey(config, options.value);
  return withEngineStorage(config, (storage) =>
    options.value.what === 'reseal' ? sealAnew(config, options.value, storage) : tell(config, options.value, storage),
  );
}

function newKey(config: Config<'workbench'>, { json }: SealsOptions): number {
  if (config.sealingPrivateKeys === null) {
    const { publicKey } = addMachineSealingKey(config.dataDir);
    say(
      json
        ? JSON.stringify({ publicKey })
        : `The newest key of ${config.dataDir} is ${publicKey}. Start everything again, then run: npm run seals -- reseal`,
    );
    return 0;
  }
  const { publicKey, privateKey } = makeSealingKeys();
  if (json) say(JSON.stringify({ publicKey, privateKey: privateKey.reveal() }));
  else {
    say(`1. Put this before the others in LOCKSTEP_SEALING_PRIVATE_KEYS and start the engines again (shown once): ${privateKey.reveal()}`);
    say(`2. Then set LOCKSTEP_SEALING_PUBLIC_KEY=${publicKey} and start the gateways again.`);
    say('3. Then run: npm run seals -- reseal');
  }
  return 0;
}

async function sealAnew(config: Config<'workbench'>, { batchMax, json }: SealsOptions, storage: Storage): Promise<number> {
  const keys = enginePrivateKeys(config);
  const [newest = ''] = opener(keys).keyIds;
  let done = 0;
  const report = await reseal(storage, keys, {
    batchMax,
    onBatch: (_scope, resealed) => {
      done += resealed;
      if (!json) say(`  ${done} sealed anew`);
    },
  });
  const counts = await sealCounts(storage);
  const left = counts.filter(({ keyId }) => keyId !== newest).reduce((sum, { boxes }) => sum + boxes, 0);
  if (json) say(JSON.stringify({ newest, resealed: report.resealed, left, unopened: Object.fromEntries(report.unopened), counts }));
  else {
    for (const line of standingLines(counts, opener(keys).keyIds)) say(line);
    for (const [keyId, boxes] of report.unopened) say(`! ${boxes} of ${keyId} do not open: its key is not held, or the boxes were changed`);
    say(left === 0 ? `Every agent key is sealed with ${newest}: no other sealing key is needed.` : `${left} are sealed with other keys.`);
  }
  return left === 0 ? 0 : 1;
}

async function tell(config: Config<'workbench'>, { what, json }: SealsOptions, storage: Storage): Promise<number> {
  const held = opener(enginePrivateKeys(config)).keyIds;
  const counts = await sealCounts(storage);
  const missing = missingKeys(counts, held, config.sealingLostKeys ?? []);
  if (json) say(JSON.stringify({ held, counts, missing }));
  else for (const line of standingLines(counts, held)) say(line);
  if (missing.length > 0) process.stderr.write(`${describeMissing(missing, held)}\n`);
  return what === 'check' && missing.length > 0 ? 1 : 0;
}

/** One line per key that is held or needed. */
function standingLines(counts: readonly SealCount[], held: readonly string[]): readonly string[] {
  const ids = [...held, ...counts.map(({ keyId }) => keyId).filter((keyId) => !held.includes(keyId))];
  return ids.map((keyId) => {
    const { boxes = 0, inUse = 0 } = counts.find((count) => count.keyId === keyId) ?? {};
    const standing = keyId === held[0] ? 'newest' : held.includes(keyId) ? (boxes === 0 ? 'no longer needed' : 'held') : 'NOT HELD';
    return `${keyId}  ${boxes} agent keys, ${inUse} of them in use  ${standing}`;
  });
}

/** Storage as the engine's role: of the deployment's database, or of the embedded one while nothing else runs on the data folder. */
async function withEngineStorage(config: Config<'workbench'>, work: (storage: Storage) => Promise<number>): Promise<number> {
  const named =
    config.engineDatabaseUrl?.reveal() ??
    (config.databaseUrl === null ? null : resolveRoleUrls(config.databaseUrl.reveal(), givenUrls(config)).engine.url);
  if (named !== null) return withStorage(named, work);
  const embedded = await openDatabase({ dataDir: config.dataDir, log: createLogger({ process: 'workbench', level: 'warn' }) });
  try {
    // As `npm start` does: a database that is older than this program, or new, is brought to its schema.
    const roles = resolveRoleUrls(embedded.ownerUrl, givenUrls(config));
    await migrate(embedded.ownerUrl, roles);
    return await withStorage(roles.engine.url, work);
  } finally {
    await embedded.close();
  }
}

async function withStorage(url: string, work: (storage: Storage) => Promise<number>): Promise<number> {
  const storage = await openStorage({ url, role: 'engine', clock: systemClock, poolMax: POOL_MAX });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Reads the command line; an error says what to write. */
export function parseSealsOptions(args: readonly string[]): Result<SealsOptions, string> {
  const what = WHATS.find((name) => name === args[0]);
  if (what === undefined) return err(`say one of ${WHATS.join(', ')}`);
  let options: SealsOptions = { what, batchMax: BATCH_BOXES, json: false };
  const rest = args.slice(1);
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === '--json') options = { ...options, json: true };
    else if (flag === '--batch' && what === 'reseal') {
      const value = rest.shift() ?? '';
      if (!/^[1-9]\d{0,3}$/.test(value)) return err('--batch takes a whole number from 1 to 9999');
      options = { ...options, batchMax: Number(value) };
    } else return err(`unknown option ${flag}`);
  }
  return ok(options);
}
