import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Undo } from './subscriptions.js';

/**
 * Calls the listener with the messages of one of Node's channels, until the returned function is called. Its errors go to `onError`: any
 * code can publish anything on a channel, and an error of a subscriber ends the process.
 */
export function listenToChannel(
  name: string,
  listener: (message: never) => void,
  onError: (error: unknown) => void = () => {},
): Undo {
  const onMessage = (message: unknown): void => {
    try {
      listener(message as never);
    } catch (error) {
      onError(error);
    }
  };
  subscribe(name, onMessage);
  return () => void unsubscribe(name, onMessage);
}
