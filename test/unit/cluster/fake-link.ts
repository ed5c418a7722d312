import { deliver } from '../../../src/cluster/links/link.js';
import type { Link, LinkListener } from '../../../src/cluster/links/link.js';
import { type Message, toEnvelope } from '../../../src/cluster/messages.js';

/** One end of a way to another process that only the test knows. */
export class FakeLink implements Link {
  readonly sent: Message[] = [];
  private listener: LinkListener | undefined;

  /** @param answer - called with what is sent to the other process */
  constructor(private readonly answer: (message: Message, link: FakeLink) => void = () => {}) {}

  async send(message: Message): Promise<void> {
    this.sent.push(message);
    this.answer(message, this);
  }

  listen(listener: LinkListener): void {
    this.listener = listener;
  }

  rest(): void {}

  close(): void {
    this.listener = undefined;
  }

  /** As if the other process said so. */
  say(message: Message): void {
    this.raw(toEnvelope(message));
  }

  raw(value: unknown): void {
    deliver(value, this.listener);
  }

  end(): void {
    this.listener?.closed();
  }
}
