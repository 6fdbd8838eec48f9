/** Thrown where a simulated engine process dies: nothing that follows in it has an effect any more. */
export class EngineDied extends Error {
  override readonly name = 'EngineDied';

  constructor() {
    super('the simulated engine died here');
  }
}
