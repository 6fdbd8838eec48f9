import { connect, type Socket } from 'node:net';

/** Sends bytes as they are to the gateway at `url`, and returns everything that comes back until it closes. */
export function sendBytes(url: string, text: string): Promise<string> {
  return talk(url, false, (socket) => socket.write(text));
}

/** Sends a request's beginning and then a byte a second, whatever is said to it, until the gateway at `url` is rid of the connection; returns what it said. */
export function sendDropByDrop(url: string, begin: string): Promise<string> {
  return talk(url, true, (socket) => {
    socket.write(begin);
    const more = setInterval(() => socket.write('x'), 1_000);
    socket.once('close', () => clearInterval(more));
  });
}

function talk(url: string, isStubborn: boolean, say: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let heard = '';
    // A stubborn one does not end its own side when the other does.
    const socket: Socket = connect({ port: Number(port), host: hostname, allowHalfOpen: isStubborn }, () => say(socket));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    // The gateway may reset what it no longer reads.
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard));
  });
}

/** A connection on which a test says and hears bytes as they are. */
export interface Line {
  say(text: string): void;
  heard(): string;
  /** Everything that was heard, once the gateway has closed it. */
  readonly closed: Promise<string>;
}

/** Opens a connection to the gateway at `url`; rejects where nobody takes it. */
export function openLine(url: string): Promise<Line> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect({ port: Number(port), host: hostname });
    const closed = new Promise<string>((tell) => socket.once('close', () => tell(heard)));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.once('connect', () => resolve({ say: (text) => void socket.write(text), heard: () => heard, closed }));
  });
}
