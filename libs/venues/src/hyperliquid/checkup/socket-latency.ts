import WebSocket from 'ws';

/** What the socket of a venue needs to open, and to answer a ping, in ms. */
export interface SocketLatency {
  readonly openMs: number;
  readonly pongMs: readonly number[];
}

/** Opens one connection, pings `pings` times one after another, and closes it. The error says what did not come within `timeoutMs`. */
export async function socketLatency(url: string, pings: number, timeoutMs: number): Promise<SocketLatency | { readonly error: string }> {
  const started = performance.now();
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: timeoutMs });
  try {
    await once(socket, timeoutMs, 'open', (done) => socket.once('open', () => done()));
    const openMs = performance.now() - started;
    const pongMs: number[] = [];
    for (let ping = 0; ping < pings; ping += 1) {
      const sentAt = performance.now();
      const answered = once(socket, timeoutMs, 'pong', (done) =>
        socket.on('message', (data) => {
          if (data.toString().includes('"pong"')) done();
        }),
      );
      socket.send('{"method":"ping"}');
      await answered;
      socket.removeAllListeners('message');
      pongMs.push(performance.now() - sentAt);
    }
    return { openMs, pongMs };
  } catch (failure) {
    return { error: failure instanceof Error ? failure.message : String(failure) };
  } finally {
    // An attempt that is cut off reports an error; it is expected here.
    socket.on('error', () => undefined);
    socket.terminate();
  }
}

function once(socket: WebSocket, timeoutMs: number, what: string, listen: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${timeoutMs} ms`)), timeoutMs);
    const end = (error: Error | null): void => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      socket.removeListener('close', closed);
      if (error === null) resolve();
      else reject(error);
    };
    const failed = (error: Error): void => end(error);
    const closed = (code: number): void => end(new Error(`closed with code ${code} before ${what}`));
    socket.once('error', failed);
    socket.once('close', closed);
    listen(() => end(null));
  });
}
