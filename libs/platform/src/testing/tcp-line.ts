import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What becomes of bytes that come by: they pass, nobody gets them, or their connection ends with them. */
export type Fate = 'passes' | 'swallowed' | 'cut';

/** Decides on the bytes of one connection. */
export interface Filter {
  fromClient(bytes: Buffer): Fate;
  fromServer(bytes: Buffer): Fate;
}

/** A way to a server, over which tests decide what passes. */
export interface TcpLine {
  /** The server's address, by this way. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a way to the server at `url`; each connection over it gets a filter of its own. */
export async function tcpLine(url: string, filterOf: () => Filter): Promise<TcpLine> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const { fromClient, fromServer } = filterOf();
    lead(client, upstream, fromClient);
    lead(upstream, client, fromServer);
  });
  function lead(from: Socket, to: Socket, fateOf: (bytes: Buffer) => Fate): void {
    sockets.add(from);
    from.on('data', (bytes: Buffer) => {
      const fate = fateOf(bytes);
      if (fate === 'passes') to.write(bytes);
      else if (fate === 'cut') to.destroy();
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = typeof address === 'object' && address !== null ? String(address.port) : '';
  return {
    url: own.toString(),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
