import { PROVIDER } from '../assumptions';

/** `POST` sets a coin's leverage; the answer's shape is not documented and nothing of it is read. */
export const leveragePath = (dex: string): string => `/${dex === '' ? 'perps' : 'rwas'}/${PROVIDER}/leverage`;
