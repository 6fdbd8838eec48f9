import { spawnSync } from 'node:child_process';

let options: string | null = null;

/** Those of some flags that the V8 of this Node knows: they come and go with its versions, and one it does not know keeps a process from starting. */
export function knownFlags(flags: readonly string[]): string[] {
  options ??= spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' }).stdout;
  const known = new Set(options.match(/^ +--[\w-]+/gm)?.map((name) => name.trim()));
  return flags.filter((flag) => known.has(flag.replace(/=.*/, '')));
}
