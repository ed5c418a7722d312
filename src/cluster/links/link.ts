import { type Message, readMessage } from '../messages.js';

/** What a link tells whoever listens. */
export interface LinkListener {
  message(message: Message): void;
  /** The other side has a version of this library that cannot be understood. */
  otherVersion(): void;
  /** The other side is gone. */
  closed(): void;
}

/** A way to another process or thread. */
export interface Link {
  /** Resolves when the message is on its way, or nobody is there any more. Never rejects. */
  send(message: Message): Promise<void>;
  listen(listener: LinkListener): void;
  /** Takes out what the link has put into objects of the host, until it is listened to again. The other side notices nothing. */
  rest(): void;
  /** Takes everything out that the link has put in place. The listener hears nothing more. */
  close(): void;
}

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
