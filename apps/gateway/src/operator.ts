import { addMachinePepper, type GatewayKeys, makePepper, opener } from '@lockstep/platform';
import type { Storage } from '@lockstep/storage';
import { openContextStorage } from './app/open';
import { digestOf, pepperId } from './auth/key-digest';
import { makeOperatorKey } from './operator/first-key';
import { gatewaySeals, missingKeys, resealTenantKeys } from './personal/held-keys';

const USAGE = `npm run operator -- init [--json] [--force-new] | seals | reseal | new-pepper
  init         makes the first operator key and prints it, once
  --force-new  makes a further one although one exists
  --json       prints {"kid", "key"} instead of a sentence
  seals        how much of what gateways open each sealing key opens, and how many keys each pepper digests (docs/sealing.md)
  new-pepper   makes a pepper: prints it, or puts it before the others of the data folder where LOCKSTEP_KEY_PEPPER is unset
  reseal       seals the tenants' keys of personal data anew with the newest of LOCKSTEP_PERSONAL_DATA_KEYS`;

/** What is done on the machine that holds the gateways' secrets: operator keys, each printed to the terminal once and kept nowhere, and sealing anew. */
async function main(args: readonly string[]): Promise<number> {
  const known = new Set(['init', '--json', '--force-new']);
  const sealing = args.length === 1 && (args[0] === 'seals' || args[0] === 'reseal');
  const isNewPepper = args.length === 1 && args[0] === 'new-pepper';
  if (!sealing && !isNewPepper && (args[0] !== 'init' || args.some((arg) => !known.has(arg)))) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const opened = await openContextStorage();
  if (typeof opened === 'string') {
    process.stderr.write(`${opened}\n`);
    return 2;
  }
  const { storage, keys, random, config } = opened;
  try {
    if (isNewPepper) return newPepper(config);
    if (sealing) return await tellSeals(storage, keys, args[0] === 'reseal');
    const made = await makeOperatorKey(storage, digestOf(keys), random, args.includes('--force-new'));
    if (made === null) {
      process.stderr.write('An operator key exists already. Add --force-new to make a further one.\n');
      return 1;
    }
    process.stdout.write(
      args.includes('--json') ? `${JSON.stringify({ kid: made.kid, key: made.key })}\n` : `Operator key (shown once): ${made.key}\n`,
    );
    return 0;
  } finally {
    await storage.close();
  }
}

/** Makes a pepper where the others are. What is printed is kept nowhere. */
function newPepper({ keyPepper, dataDir }: { readonly keyPepper: unknown; readonly dataDir: string }): number {
  if (keyPepper !== null) {
    process.stdout.write(`${makePepper().reveal()}\n`);
    return 0;
  }
  addMachinePepper(dataDir);
  process.stdout.write('A new pepper stands before the others of the data folder; gateways use it from their next start on.\n');
  return 0;
}

/** Tells how many good keys each pepper digests. Ends with 1 where one is held no longer. */
async function tellPeppers(storage: Storage, keys: GatewayKeys): Promise<number> {
  const held = keys.keyPeppers.map((pepper) => pepperId(pepper.reveal()));
  const [tenants, operators] = await storage.platform(async (unit) => [await unit.keyIndex.peppers(), await unit.operatorKeys.peppers()], {
    readOnly: true,
  });
  const used = [...new Set([...held, ...tenants.keys(), ...operators.keys()])];
  let lacking = 0;
  for (const id of used) {
    const many = (tenants.get(id) ?? 0) + (operators.get(id) ?? 0);
    process.stdout.write(`${id ?? 'of before ids    '}  digests ${many} good keys: ${pepperStanding(id, many, held)}\n`);
    if (id !== null && !held.includes(id)) lacking += many;
  }
  return lacking > 0 ? 1 : 0;
}

function pepperStanding(id: string | null, many: number, held: readonly string[]): string {
  if (id === null) return 'the oldest pepper is needed';
  if (!held.includes(id)) return 'NOT HELD';
  if (id === held[0]) return 'newest';
  return many > 0 ? 'held' : 'no longer needed';
}

/** Tells which key opens how much, after everything was sealed anew where that was asked for. Ends with 1 while a key is missing. */
async function tellSeals(storage: Storage, keys: GatewayKeys, anew: boolean): Promise<number> {
  const held = opener(keys.personalDataKeys).keyIds;
  if (anew) process.stdout.write(`${await resealTenantKeys(storage, keys)} tenants’ keys sealed anew with ${held[0]}\n`);
  const seals = await gatewaySeals(storage);
  for (const [id, many] of seals.tenantKeys) process.stdout.write(`${id}  the personal data of ${many} tenant environments\n`);
  for (const [id, many] of seals.signingSecrets) process.stdout.write(`${id}  what ${many} API keys sign their requests with\n`);
  for (const id of held.filter((key) => !seals.tenantKeys.has(key)))
    process.stdout.write(`${id}  no personal data: ${id === held[0] ? 'newest' : 'no longer needed'}\n`);
  const lacking = await tellPeppers(storage, keys);
  const missing = missingKeys(seals, keys);
  if (missing === null) return lacking;
  process.stderr.write(`${missing}\n`);
  return 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
