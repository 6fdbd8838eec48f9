import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openRig } from '../testing/rig';
import { fuzz } from './run';
import { FAULTS } from './verdict';

const USAGE = `npm run fuzz -- [--requests N] [--seed S] [--json]
  --requests N  how many requests are sent (20000)
  --seed S      what is sent follows from it (a random one, printed)
  --json        the last line is one JSON object
Requests are drawn from the OpenAPI documents of both listeners: such as their schemas admit, such with one thing wrong, without a key, about another
tenant's objects, and repeated under an Idempotency-Key. Ends with 0 when no answer was a fault and every operation was accepted and refused often enough.`;

/** Accepted and refused requests each operation is to have in a run of the default length. */
const LEAST = 50;
const DEFAULT_REQUESTS = 20_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { requests: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const [requests, seed] = [Number(values.requests ?? DEFAULT_REQUESTS), Number(values.seed ?? randomInt(2 ** 31))];
  if (!(Number.isSafeInteger(requests) && requests > 0 && Number.isSafeInteger(seed) && seed >= 0)) {
    process.stderr.write(`fuzz: --requests and --seed take whole numbers\n\n${USAGE}\n`);
    return 2;
  }
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`seed ${seed}`);
  // Short runs are held to what they can reach.
  const least = Math.min(LEAST, Math.floor((requests * LEAST) / DEFAULT_REQUESTS));
  const rig = await openRig();
  try {
    const begun = Date.now();
    const tally = await fuzz(rig, { requests, seed, least }, say);
    const { covered, lacking } = tally.covered(least);
    for (const line of lacking) say(`not covered: ${line}`);
    const faults = Object.fromEntries(FAULTS.map((fault) => [fault, tally.count(fault)]));
    const seconds = Math.round((Date.now() - begun) / 1_000);
    const metrics = { requests: tally.requests, ...faults, operations: covered + lacking.length, operations_covered: covered, least, seconds };
    const line = JSON.stringify({ fuzz: { seed }, metrics });
    process.stdout.write(
      values.json === true
        ? `${line}\n`
        : `${Object.entries(metrics)
            .map(([name, value]) => `${name} ${value}`)
            .join(', ')}\n`,
    );
    return FAULTS.some((fault) => tally.count(fault) > 0) || lacking.length > 0 ? 1 : 0;
  } finally {
    await rig.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
