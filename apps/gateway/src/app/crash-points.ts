/**
 * Named places where a test may kill the gateway (`LOCKSTEP_CRASH_AT=name` or `name:nth`): SIGKILL at the nth passage, no handler, no flush. A point does
 * nothing unless the configuration names it.
 */
export const GATEWAY_CRASH_POINTS = [
  /** A change was made in an open transaction; nothing else of it is written. */
  'change_made',
  /** The answer stands beside the change, in the same open transaction. */
  'answer_kept',
  /** Change and answer are committed; the caller has no answer. */
  'change_committed',
] as const;
export type GatewayCrashPoint = (typeof GATEWAY_CRASH_POINTS)[number];

/** Passes a point; dies there when it is told to. */
export type PassGatewayPoint = (point: GatewayCrashPoint) => void;

/** The passage counter of a configuration's text. One that names no point of the gateway's is another process's. */
export function gatewayCrashPoints(text: string | null, die: () => void = () => process.kill(process.pid, 'SIGKILL')): PassGatewayPoint {
  const [name, nth = '1'] = (text ?? '').split(':');
  const planned = GATEWAY_CRASH_POINTS.find((point) => point === name);
  if (planned === undefined) return () => undefined;
  let passed = 0;
  return (point) => {
    if (point !== planned) return;
    passed += 1;
    if (passed === Number(nth)) die();
  };
}
