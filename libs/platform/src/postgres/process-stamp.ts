import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** True when a process of this number runs, whoever owns it. One that has ended and waits to be collected does not run. */
export function isAlive(pid: number): boolean {
  if (!hasNumber(pid)) return false;
  if (process.platform !== 'linux') return true;
  const state = statFields(pid)?.[0];
  // An ended process may be collected between the two looks: without its file only a second look tells.
  return state === undefined ? hasNumber(pid) : !ENDED_STATES.has(state);
}

/** As /proc names them: waiting to be collected, and just being collected. */
const ENDED_STATES: ReadonlySet<string> = new Set(['Z', 'X']);

/** True while the system knows a process of this number, ended or not. */
function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The fields of /proc/<pid>/stat from the state on: what stands before, the program's name in brackets, may hold spaces. */
function statFields(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/**
 * When a process began, as a text that differs when its number is used again or the machine was restarted.
 * Null when there is no such process; empty when the system does not tell.
 */
export function processStamp(pid: number): string | null {
  if (!isAlive(pid)) return null;
  try {
    if (process.platform === 'linux') {
      // Field 22 of the whole line, the start in ticks since boot, is number 20 from the state on.
      const start = statFields(pid)?.[19];
      if (start === undefined) return null;
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${start}`;
    }
    if (process.platform === 'darwin') return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return isAlive(pid) ? '' : null;
  }
  return '';
}
