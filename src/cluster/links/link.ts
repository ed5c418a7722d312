import type { Message } from '../messages.js';

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
