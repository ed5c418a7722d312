import { setTimeout as delay } from 'node:timers/promises';

/** Waits in real time. The function is captured here, before tests install fake timers. */
export const realDelay: (ms: number) => Promise<void> = delay;

/**
 * Delay of helpers that read a sample once. A response is recorded when it has ended, which may be some turns of the event loop
 * after the client has read it.
 */
export const SETTLE_MS = 30;
