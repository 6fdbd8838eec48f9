import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One connection of a server that is to end. */
interface Connection {
  readonly socket: Socket;
  readonly answers: Set<ServerResponse>;
  /** An answer said that it is the last one: whatever is asked behind it is nobody's any more (RFC 9112, 9.6). */
  isLastTold: boolean;
  /** Somebody else took it over, by an upgrade, and ends it. */
  isHandedOver: boolean;
  /** How often it was found holding the server up by what its caller does not do. */
  heldUp: number;
}

/** How often a connection is looked at, a look apart, before it is cut for its caller's silence. */
const LOOKS_MAX = 2;

/**
 * The connections of one HTTP server and what is being answered on each. While it drains every answer ends its connection and says so, whoever makes it: Node
 * itself keeps a connection on which a request was in flight for the whole keep-alive time, and the server is not closed before.
 */
export class Connections {
  private readonly open = new Map<Duplex, Connection>();
  private readonly waiting: (() => void)[] = [];
  private draining = false;

  opened(socket: Socket): void {
    this.open.set(socket, { socket, answers: new Set(), isLastTold: false, isHandedOver: false, heldUp: 0 });
    socket.once('close', () => {
      this.open.delete(socket);
      this.tellWhoWaits();
    });
  }

  /** A request came; false where its connection has ended for us and the request is not to be worked on. */
  asked(response: ServerResponse): boolean {
    const { socket } = response.req;
    const connection = this.open.get(socket);
    if (connection === undefined) return true;
    if (connection.isLastTold) return false;
    connection.answers.add(response);
    if (this.draining) endWith(connection, response);
    response.once('close', () => {
      connection.answers.delete(response);
      // An answer that was begun before the end was known of did not say so.
      if (this.draining && connection.answers.size === 0 && !connection.isHandedOver) socket.destroySoon();
    });
    return true;
  }

  handedOver(socket: Duplex): void {
    const connection = this.open.get(socket);
    if (connection !== undefined) connection.isHandedOver = true;
    this.tellWhoWaits();
  }

  startDraining(): void {
    if (this.draining) return;
    this.draining = true;
    for (const connection of this.open.values()) for (const response of connection.answers) if (!response.headersSent) endWith(connection, response);
  }

  /** Closes those on which nothing was ever said; Node takes them for busy, because a request may begin on them. */
  closeUnused(): void {
    for (const { socket, answers, isHandedOver } of this.open.values())
      if (answers.size === 0 && !isHandedOver && socket.bytesRead === 0) socket.destroy();
  }

  /** Cuts those that wait for their caller and for nothing of ours, once that was so for some looks. */
  cutHeldUp(): void {
    for (const connection of this.open.values()) {
      connection.heldUp = isUpToCaller(connection) ? connection.heldUp + 1 : 0;
      if (connection.heldUp >= LOOKS_MAX) connection.socket.destroy();
    }
  }

  /** Cuts whatever is left, those that were handed over too. */
  cutAll(): void {
    for (const { socket } of this.open.values()) socket.destroy();
  }

  /** Resolves once no connection is left but those that were handed over. */
  async answered(): Promise<void> {
    if (!this.isAnswered()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private isAnswered(): boolean {
    return [...this.open.values()].every((connection) => connection.isHandedOver);
  }

  private tellWhoWaits(): void {
    if (this.waiting.length > 0 && this.isAnswered()) for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** The request is not whole yet, or the answer is made and not taken. */
function isUpToCaller({ answers, isHandedOver }: Connection): boolean {
  if (isHandedOver) return false;
  return [...answers].every((response) => !response.req.complete || response.writableEnded);
}

/** Has an answer end its connection, unless another one follows on it by the time it is sent. */
function endWith(connection: Connection, response: ServerResponse): void {
  const { writeHead } = response;
  const writeLastHead = (...parts: readonly unknown[]): unknown => {
    if (connection.answers.size === 1) {
      connection.isLastTold = true;
      const options = String(response.getHeader('Connection') ?? '');
      if (!/\bclose\b/i.test(options)) response.setHeader('Connection', options === '' ? 'close' : `${options}, close`);
    }
    return Reflect.apply(writeHead, response, parts);
  };
  Object.assign(response, { writeHead: writeLastHead });
}
