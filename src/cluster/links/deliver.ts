import { readMessage } from '../messages.js';
import type { LinkListener } from './link.js';

/** Passes on what is ours. Never throws: an error here would be one of the host's message handler. */
export function deliver(value: unknown, listener: LinkListener | undefined): void {
  try {
    const message = readMessage(value);
    if (message === 'other version') {
      listener?.otherVersion();
    } else if (message !== undefined) {
      listener?.message(message);
    }
  } catch {
    // Ours by its name, and of no shape that we know: as good as not said.
  }
}
