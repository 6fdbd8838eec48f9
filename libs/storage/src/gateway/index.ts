export { type CopyToActivate, copiesToActivate } from './copies-to-activate';
export { type BindingCopies, bindingCopies, type CopyDetails, detailsOfCopies } from './copy-details';
export { type ErasureObstacles, erasureObstacles } from './erasure-obstacles';
export { equitiesOf, latestCommands, partiesOfCopies, settingsInForce, watchedAccountsOf } from './list-details';
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
