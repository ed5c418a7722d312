import { type Message, readMessage } from '../messages.js';

/** The events of a link. */
export interface LinkListener {
  message(message: Message): void;
  /** The other side has an incompatible version of this library. */
  otherVersion(): void;
  /** The other side is gone. */
  closed(): void;
}

/** A connection to another process or thread. */
export interface Link {
  /** Resolves when the message is sent, or the other side is gone. Never rejects. */
  send(message: Message): Promise<void>;
  listen(listener: LinkListener): void;
  /** Removes the link's listeners from objects of the host until the next {@link listen}. The other side is not notified. */
  rest(): void;
  /** Closes the link and removes its listener. */
  close(): void;
}

/** Passes messages of this library to the listener. Never throws: an error would reach the host's message handler. */
export function deliver(value: unknown, listener: LinkListener | undefined): void {
  try {
    const message = readMessage(value);
    if (message === 'other version') {
      listener?.otherVersion();
    } else if (message !== undefined) {
      listener?.message(message);
    }
  } catch {
    // A message with our key and an unknown shape is ignored.
  }
}
