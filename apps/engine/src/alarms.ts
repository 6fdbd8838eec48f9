import type { LabelsOf, LogFields, Logger, Metrics } from '@lockstep/platform';

/** What a person should look at, by what it is about. */
export type AlarmKind = LabelsOf<'lockstep_alarms_total'>['kind'];

/**
 * What the engine says as an error, and which alarm it is. The line tells what happened and to whom; the alarm tells that somebody should read it. What stands
 * here under no name counts as `other`, so that nothing said as an error goes by uncounted.
 */
export const ALARMS: Readonly<Record<string, AlarmKind>> = {
  'an exit is stuck': 'exit_stuck',
  'an order is still unknown': 'order_unknown',
  'orders are still unknown; they stay reserved at their worst': 'order_unknown',
  'an unknown order could not be resolved': 'order_unknown',
  'the venue says that more filled than was ordered': 'overfilled',
  'the gate refused planned orders': 'gate_refused',
  'a wave failed': 'wave_failed',
  'a repair failed': 'wave_failed',
  'a leader is not seen; its copies take no new risk': 'leader_unseen',
  'leader frames could not be recorded': 'leader_unseen',
  'a recorded move cannot be read': 'leader_unseen',
  'the network cannot be read; its stored instruments serve': 'network_unread',
  'a leader is on a network that was never read; it is watched once that is': 'network_unread',
  'an agent key could not be opened': 'account_cannot_sign',
  'an agent serves another account already; this one does not sign': 'account_cannot_sign',
  'accounts could not be compared': 'account_unread',
  'an account could not be compared': 'account_unread',
  'kill switches could not be read': 'stops_unread',
  'stops could not be read before entries leave': 'stops_unread',
  'commands could not be read': 'stops_unread',
  'a command could not be carried out': 'command_failed',
  'a breaker could not be written down': 'breaker_unwritten',
  'protective stops could not be kept': 'protective_stop',
  'a protective stop could not be settled': 'protective_stop',
  'the venue does not know a stop that stood': 'protective_stop',
  'bookkeeping stopped': 'books_unwritten',
  'order rows could not be written': 'books_unwritten',
  'fills could not be booked': 'books_unwritten',
  'funding could not be booked': 'books_unwritten',
  'events could not be told yet': 'books_unwritten',
  'the outcome of a commit is not known': 'engine_ends',
  'the venue counts sizes of an instrument differently': 'engine_ends',
};

/** A logger that says everything as `log` does and tells which alarm each error is. */
export function alarming(log: Logger, tell: (kind: AlarmKind) => void): Logger {
  const heard = (message: string): void => tell(ALARMS[message] ?? 'other');
  return {
    trace: (message: string, fields?: LogFields) => log.trace(message, fields),
    debug: (message: string, fields?: LogFields) => log.debug(message, fields),
    info: (message: string, fields?: LogFields) => log.info(message, fields),
    warn: (message: string, fields?: LogFields) => log.warn(message, fields),
    error: (message: string, fields?: LogFields) => {
      heard(message);
      log.error(message, fields);
    },
    fatal: (message: string, fields?: LogFields) => {
      heard(message);
      log.fatal(message, fields);
    },
    child: (fields: LogFields) => alarming(log.child(fields), tell),
  };
}

/** Counts alarms in the process's metrics. */
export const countAlarms =
  (metrics: Metrics) =>
  (kind: AlarmKind): void =>
    metrics.count('lockstep_alarms_total', { kind });
