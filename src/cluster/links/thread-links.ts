import { MessageChannel, type MessagePort, postMessageToThread } from 'node:worker_threads';
import { type Message, toEnvelope } from '../messages.js';
import { deliver, type Link, type LinkListener } from './link.js';

const MAIN_THREAD = 0;

/** What a thread sends to the main one: its end of a channel for all else, away from the host's own messages. */
interface PortOffer {
  readonly hyperMetricsPort: MessagePort;
}

/** Between two threads of one process. A port knows when the other side is gone, however that came. */
class PortLink implements Link {
  private listener: LinkListener | undefined;

  constructor(private readonly port: MessagePort) {
    port.on('message', (value) => deliver(value, this.listener));
    port.on('close', () => this.listener?.closed());
    // Nobody lives on for being asked.
    port.unref();
  }

  listen(listener: LinkListener): void {
    this.listener = listener;
  }

  rest(): void {}

  async send(message: Message): Promise<void> {
    this.port.postMessage(toEnvelope(message), []);
  }

  close(): void {
    this.listener = undefined;
    this.port.close();
  }
}

/** @throws when the main thread listens for nobody. */
export async function connectToMainThread(): Promise<Link> {
  const { port1, port2 } = new MessageChannel();
  const offer: PortOffer = { hyperMetricsPort: port2 };
  try {
    await postMessageToThread(MAIN_THREAD, offer, [port2 as never]);
  } catch (error) {
    // An open port is never collected, and this is tried again and again.
    port1.close();
    throw error;
  }
  return new PortLink(port1);
}

/** Listens in the main thread for others. Calling the result ends that. */
export function listenForThreads(accept: (link: Link) => void): () => void {
  const onMessage = (value: unknown): void => {
    const port = (value as Partial<PortOffer> | null | undefined)?.hyperMetricsPort;
    if (port !== undefined) {
      accept(new PortLink(port));
    }
  };
  process.on('workerMessage', onMessage);
  return () => process.off('workerMessage', onMessage);
}
