import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { buildConnector } from 'undici';

/** Why a tunnel was not opened. Nothing was sent through it. Never says anything of the proxy's credentials. */
export const TUNNEL_CODE = 'ERR_PROXY_TUNNEL';

class TunnelError extends Error {
  readonly code = TUNNEL_CODE;
}

/**
 * Connects through a proxy that opens tunnels (`CONNECT`, RFC 9110 §9.3.6). undici's own proxy agent takes a proxy that hangs up for a connection that was lost and connects again
 * at once, without end and without failing the request; here every failed tunnel fails what waits for it, within `timeoutMs`.
 */
export function throughProxy(url: string, timeoutMs: number): buildConnector.connector {
  const proxy = new URL(url);
  const authority = proxy.username === '' ? null : `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const credentials = authority === null ? {} : { 'proxy-authorization': `Basic ${Buffer.from(authority).toString('base64')}` };
  return ({ hostname, port, protocol, servername }, callback) => {
    const secure = protocol === 'https:';
    const to = `${hostname}:${port === '' ? (secure ? 443 : 80) : port}`;
    const ask = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
    const asking = ask({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
      path: to,
      headers: { host: to, ...credentials },
      agent: false,
    });
    const opening = new Opening(asking, timeoutMs, callback);
    asking.once('connect', (response: IncomingMessage, socket: Socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        opening.fail(`the proxy answered ${response.statusCode}`);
      } else if (!secure) opening.done(socket);
      else {
        const inner = tlsConnect({ socket, servername: servername ?? hostname, ALPNProtocols: ['http/1.1'] });
        opening.holds(inner);
        inner.once('secureConnect', () => opening.done(inner));
      }
    });
    asking.end();
  };
}

/** One attempt to open a tunnel: it ends once, within its time. */
class Opening {
  private ended = false;
  private readonly timer: NodeJS.Timeout;
  private held: Socket | null = null;

  constructor(
    private readonly asking: ClientRequest,
    timeoutMs: number,
    private readonly callback: buildConnector.Callback,
  ) {
    this.timer = setTimeout(() => this.fail(`no tunnel within ${timeoutMs} ms`), timeoutMs);
    asking.once('error', (error) => this.fail(error.message));
  }

  holds(socket: Socket): void {
    this.held = socket;
    socket.once('error', (error) => this.fail(error.message));
    socket.once('close', () => this.fail('the tunnel was closed'));
  }

  done(socket: Socket): void {
    if (!this.end()) return;
    socket.setNoDelay(true);
    this.callback(null, socket);
  }

  fail(why: string): void {
    if (!this.end()) return;
    this.held?.destroy();
    this.asking.destroy();
    this.callback(new TunnelError(why), null);
  }

  private end(): boolean {
    if (this.ended) return false;
    this.ended = true;
    clearTimeout(this.timer);
    return true;
  }
}
