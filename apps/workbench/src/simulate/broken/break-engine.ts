import Module from 'node:module';
import { relative, resolve, sep } from 'node:path';
import type { ViolationKind } from '@lockstep/simulation';

/** A change of one compiled file. */
export interface Edit {
  /** Source file from the root of the project. */
  readonly file: string;
  /** Text of the compiled file that stands there exactly once. */
  readonly find: string;
  readonly put: string;
}

/** A fault put into a copy of the engine's compiled text: the sound text holds no switch for it. */
export interface BrokenEngine {
  readonly name: string;
  /** The control of product §3 or the rule of product §2 that it breaks. */
  readonly rule: string;
  /** What the auditor has to tell of it: kinds that mean this rule, chosen by what the fault does. Anything else it tells has not caught the engine. */
  readonly caughtBy: readonly [ViolationKind, ...ViolationKind[]];
  /** Where two looks guard the same rule, both are broken. */
  readonly edits: readonly [Edit, ...Edit[]];
}

/** Puts a fault into a compiled text. Throws when its place is not there exactly once: the engine changed, and the fault must be told anew where to go. */
export function breakText(text: string, name: string, edit: Edit): string {
  const parts = text.split(edit.find);
  if (parts.length !== 2) throw new Error(`broken engine ${name}: its place stands ${parts.length - 1} times in ${edit.file}`);
  return parts.join(edit.put);
}

/** The compiled file of a source, from the folder of compiled files. */
export const compiledOf = (file: string): string => file.replace(/\.ts$/, '.js');

/** How Node compiles a file it was asked for; not among its typed members. */
interface Compiles {
  _compile(content: string, filename: string): unknown;
}

const compiles = (value: object): value is Compiles => typeof Reflect.get(value, '_compile') === 'function';

/**
 * Has this process load the engine with the fault in it. To be called before anything of the engine is loaded; `root` is the folder of the compiled files.
 * Returns what tells, once all is loaded, how many of the edits were met.
 */
export function loadBroken(broken: BrokenEngine, root: string): () => number {
  const { prototype } = Module;
  if (!compiles(prototype)) throw new Error('this version of Node compiles files in a way that is not known here');
  const sound = prototype._compile;
  const met = new Set<Edit>();
  prototype._compile = function compile(this: Compiles, content: string, filename: string): unknown {
    const path = relative(resolve(root), filename).split(sep).join('/');
    let text = content;
    for (const edit of broken.edits) {
      if (compiledOf(edit.file) !== path) continue;
      text = breakText(text, broken.name, edit);
      met.add(edit);
    }
    return sound.call(this, text, filename);
  };
  return () => met.size;
}
