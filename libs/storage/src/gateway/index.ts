export { equitiesOf, latestCommands, settingsInForce, watchedAccountsOf } from './list-details';
export { openStream } from './open-stream';
export { keepTicket, useTicket } from './stream-tickets';
export {
  type CountedQuota,
  type CountedRequests,
  countForMore,
  countOf,
  type DailyRequestsQuery,
  dailyRequests,
  putRequests,
  requestsBetween,
  tradesBetween,
} from './usage';
