import { type Fate, type TcpLine, tcpLine } from './tcp-line';

/** A way to a server that can go silent as a lost host does: connections are taken and stay open, and nothing passes on them. */
export interface SilentLine extends TcpLine {
  /** From now on nothing passes, on connections that are open and on new ones. */
  silence(): void;
  /** New connections are passed on again. Those that went silent stay so, as after a failover. */
  restore(): void;
}

/** Opens a way to the server at `url`. */
export async function silentLine(url: string): Promise<SilentLine> {
  let connections: { silent: boolean }[] = [];
  let isSilent = false;
  const line = await tcpLine(url, () => {
    const connection = { silent: isSilent };
    connections.push(connection);
    const fate = (): Fate => (connection.silent ? 'swallowed' : 'passes');
    return { fromClient: fate, fromServer: fate };
  });
  return {
    ...line,
    silence: () => {
      isSilent = true;
      for (const connection of connections) connection.silent = true;
    },
    restore: () => {
      isSilent = false;
      connections = [];
    },
  };
}
