// Imported before everything else: knows every timer that is made, those that keep no process alive included.
import { createRequire, syncBuiltinESMExports } from 'node:module';

const timers = createRequire(import.meta.url)('node:timers');
let made = new Set();

for (const name of ['setTimeout', 'setInterval']) {
  const original = timers[name];
  const watched = (callback, delayMs, ...rest) => {
    const timer = original(callback, delayMs, ...rest);
    made.add(timer);
    return timer;
  };
  // `promisify(setTimeout)` goes on to work.
  Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
  timers[name] = watched;
  globalThis[name] = watched;
}
syncBuiltinESMExports();

const isAlive = (timer) => !timer._destroyed;
// Those that have ended are let go, or the watch would be the leak.
const sweep = setInterval(() => {
  made = new Set([...made].filter(isAlive));
}, 500);
sweep.unref();

export const watchTimers = {
  /** What those timers call that would still fire. */
  alive: () =>
    [...made]
      .filter((timer) => timer !== sweep && isAlive(timer))
      .map((timer) => `${timer._idleTimeout} ms: ${String(timer._onTimeout).slice(0, 200)}`),
};
