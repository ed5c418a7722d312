import { setTimeout as delay } from 'node:timers/promises';

/** Waits in real time. The reference is taken here, before tests install fake timers in its place. */
export const realDelay: (ms: number) => Promise<void> = delay;

/**
 * How long the helpers that look once wait before they do. A response is recorded when it has ended, which the server
 * may learn some turns of the event loop after the client has read it.
 */
export const SETTLE_MS = 30;
