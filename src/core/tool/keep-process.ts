import { MAX_TIMER_MS } from './deadline.js';

/**
 * Keeps the process alive until the work has settled. For work that the application awaits: our timers and connections do not keep a
 * process alive, so that one without others would end in the middle of its program. The work must have a time limit.
 */
export async function keepProcess<T>(work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => {}, MAX_TIMER_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
