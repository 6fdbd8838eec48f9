export { equitiesOf, latestCommands, partiesOfCopies, settingsInForce, watchedAccountsOf } from './list-details';
export { openStream } from './open-stream';
export { keepTicket, useTicket } from './stream-tickets';
export { addRequests, type CountedQuota, type CountedRequests, countForMore, countOf, requestsBetween, tradesBetween } from './usage';
