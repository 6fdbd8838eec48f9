import { type Environ, processEnvironment } from './config';

/** What a program we start may see of our environment: no setting of Lockstep, hence no secret. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'] as const;

/** A small environment for foreign programs (PostgreSQL, Redis): the paths they need, C locale, UTC. */
export function childEnvironment(environ: Environ = processEnvironment()): Record<string, string> {
  const passed: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of PASSED_ON) {
    const value = environ[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}
