import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

const METHODS = ['get', 'post', 'patch', 'put', 'delete'] as const;
const FAULT_ROUTES = 'sandboxFaults.';

/** Operations that no fault strikes: those of the faults themselves, or nobody could end one. */
export const isSpared = (operation: string): boolean => operation.startsWith(FAULT_ROUTES);

/** The documented operations a fault can be aimed at: those that need a key, but for those of the faults. */
@Injectable()
export class FaultTargets {
  private readonly ids = new Map<string, string>();

  /** Reads the operations of the contract, once at start. */
  learn(document: OpenAPIObject): void {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of METHODS) {
        const id = item[method]?.operationId;
        const isOpen = item[method]?.security?.length === 0;
        if (id === undefined || isOpen || isSpared(id)) continue;
        this.ids.set(id, id);
        this.ids.set(`${method.toUpperCase()} ${path}`, id);
      }
    }
  }

  /** The id of an operation by itself or by method and path template (`POST /v1/copies/{id}/stop`); null: none a fault can be aimed at. */
  find(name: string): string | null {
    return this.ids.get(name) ?? null;
  }
}
