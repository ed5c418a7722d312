import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How many of the objects are still there when everything that can be collected was. */
export async function survivors(references: readonly WeakRef<object>[]): Promise<number> {
  let alive = references.length;
  for (let round = 0; round < 10 && alive > 0; round += 1) {
    // What a WeakRef has given is kept until the turn is over.
    await turn();
    collectGarbage();
    alive = references.filter((reference) => reference.deref() !== undefined).length;
  }
  return alive;
}

/** The bytes in use when everything that can be collected was. */
export async function heapUsed(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}
