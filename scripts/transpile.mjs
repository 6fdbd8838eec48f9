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

const LIVE_STAR = /get: function\(\) \{\s*return from\[k\];\s*\}/;

/** The compiled text of a source file, as the build writes it. */
export async function compiledText(source) {
  const { code } = await transformFile(source, options);
  if (!code.includes('function _export_star(')) return code;
  // What a front door passes on never changes, because no files import each other in a circle: values, not getters, which engines can neither inline nor
  // keep in an object of known shape. Words of the kernel are said millions of times a minute.
  if (!LIVE_STAR.test(code)) throw new Error(`${source}: the compiler writes \`export *\` in another way now`);
  return code.replace(LIVE_STAR, 'value: from[k]');
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
