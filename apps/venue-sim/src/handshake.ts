import type { Duplex } from 'node:stream';
import type { Hall } from './halls';
import { reasonOf } from './reply';

/** Lets an HTTP upgrade go on, or plays the fault that strikes new connections. */
export function admitUpgrade(hall: Hall, stream: Duplex, go: () => void): void {
  const fault = hall.faults.draw({ target: 'upgrade', type: '', transport: 'socket' });
  if (fault === null) {
    go();
    return;
  }
  stream.on('error', () => stream.destroy());
  switch (fault.effect.kind) {
    case 'status':
      refuseUpgrade(stream, fault.effect.status);
      break;
    case 'hang_up':
      stream.destroy();
      break;
    case 'delay':
      setTimeout(() => {
        if (!stream.destroyed) go();
      }, fault.effect.delayMs).unref();
      break;
    default:
      leaveHanging(hall, stream);
  }
}

/** A handshake without an answer ends with its world. */
function leaveHanging(hall: Hall, stream: Duplex): void {
  const hangUp = (): void => {
    stream.destroy();
  };
  hall.hangUps.add(hangUp);
  stream.on('close', () => hall.hangUps.delete(hangUp));
}

export function refuseUpgrade(stream: Duplex, status: number): void {
  stream.end(`HTTP/1.1 ${status} ${reasonOf(status)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
