import { setImmediate } from 'node:timers/promises';

/** Waits for the next turn of the event loop. Kept here before tests install fake timers, under which nothing would follow. */
export const nextTurn: () => Promise<unknown> = setImmediate;
