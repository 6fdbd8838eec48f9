// Compiles the sources below apps, libs and migrations into dist with SWC, file by file: a second where `nest build` takes minutes on a small machine,
// because types are not looked at. `npm run check` looks at them, and `npm run build` (for an image) does both.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformFile } from '@swc/core';

const SIDE_BY_SIDE = 16;
const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8'));
const options = {
  swcrc: false,
  sourceMaps: false,
  module: { type: 'commonjs' },
  jsc: {
    baseUrl: resolve('.'),
    paths: compilerOptions.paths,
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};

// How the compiler writes what a file exports: `export *`, several names, one name, and the helper behind the second.
const LIVE_STAR = /get: function\(\) \{\s*return from\[k\];\s*\}/;
const LIVE_NAMES = /^_export\(exports, (\{\n[\s\S]*?\n\})\);\n/m;
const LIVE_NAME = /^Object\.defineProperty\(exports, "(\w+)", \{\n\s*enumerable: true,\n\s*get: function\(\) \{\n\s*return ([^;]+);\n\s*\}\n\}\);\n/m;
const LIVE_HELPER = /^function _export\(target, all\) \{\n[\s\S]*?\n\}\n/m;
/** What must be left of none of them. */
const LIVE = /Object\.defineProperty\((exports|target|to),(?! "__esModule")[^)]*get\b|_export\(/;

/** An export that may be assigned anew. */
const ASSIGNED = /^export (let|var)\b/m;

/** The compiled text of a source file, as the build writes it. */
export async function compiledText(source) {
  const { code } = await transformFile(source, options);
  if (ASSIGNED.test(readFileSync(source, 'utf8'))) throw new Error(`${source}: an export that is assigned anew; export a function that tells it`);
  return withPlainExports(code, source);
}

/**
 * Exports as values that are set when the file has run, not as getters: engines can neither inline those nor keep them in an object of known shape, and words of
 * the kernel are said millions of times a minute; planning a wave takes a fifth less. It means the same, because no files import each other in a circle
 * (`npm run check` sees to it) and no export is assigned anew.
 */
function withPlainExports(code, source) {
  let last = '';
  const plain = code
    .replace(LIVE_STAR, 'value: from[k]')
    .replace(LIVE_HELPER, '')
    .replace(LIVE_NAMES, (_, names) => {
      last += `Object.assign(exports, ${names});\n`;
      return '';
    })
    .replace(LIVE_NAME, (_, name, value) => {
      last += `exports.${name} = ${value};\n`;
      return '';
    });
  if (LIVE.test(plain)) throw new Error(`${source}: the compiler writes exports in another way now`);
  return plain + last;
}

const outputOf = (source) => join('dist', source.replace(/\.ts$/, '.js'));

/**
 * Compiles what is newer than its output and removes outputs of sources that are gone.
 * @param {readonly string[]} sources every source of the build, relative to the working folder
 * @param {readonly string[]} before the sources of the last build
 * @param {boolean} everything also what seems unchanged, e.g. when options or packages changed
 */
export async function transpile(sources, before, everything) {
  const wanted = new Set(sources);
  for (const gone of before.filter((source) => !wanted.has(source))) rmSync(outputOf(gone), { force: true });
  const stale = sources.filter((source) => everything || !isFresh(source));
  const queue = [...stale];
  const lane = async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      const code = await compiledText(source);
      mkdirSync(dirname(outputOf(source)), { recursive: true });
      writeFileSync(outputOf(source), code);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
  return stale.length;
}

function isFresh(source) {
  const output = outputOf(source);
  return existsSync(output) && statSync(output).mtimeMs >= statSync(source).mtimeMs;
}
