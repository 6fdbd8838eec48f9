import { openContextStorage } from './app/open';
import { hmacDigest } from './auth/key-digest';
import { makeOperatorKey } from './operator/first-key';

const USAGE = `npm run operator -- init [--json] [--force-new]
  init         makes the first operator key and prints it, once
  --force-new  makes a further one although one exists
  --json       prints {"kid", "key"} instead of a sentence`;

/** Makes operator keys on the machine that holds the deployment's secrets; the key is printed to the terminal and kept nowhere. */
async function main(args: readonly string[]): Promise<number> {
  const known = new Set(['init', '--json', '--force-new']);
  if (args[0] !== 'init' || args.some((arg) => !known.has(arg))) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const opened = await openContextStorage();
  if (typeof opened === 'string') {
    process.stderr.write(`${opened}\n`);
    return 2;
  }
  const { storage, keys, random } = opened;
  try {
    const made = await makeOperatorKey(storage, hmacDigest(keys.keyPepper.reveal()), random, args.includes('--force-new'));
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

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
