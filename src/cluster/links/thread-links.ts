import { MessageChannel, type MessagePort, postMessageToThread } from 'node:worker_threads';
import { type Message, toEnvelope } from '../messages.js';
import { deliver, type Link, type LinkListener } from './link.js';

const MAIN_THREAD = 0;

/** A thread's first message to the main thread: a port for all others, apart from the host's messages. */
interface PortOffer {
  readonly hyperMetricsPort: MessagePort;
}

/** A link between two threads of one process. A port is closed when the other side ends in any way. */
class PortLink implements Link {
  private listener: LinkListener | undefined;

  constructor(private readonly port: MessagePort) {
    port.on('message', (value) => deliver(value, this.listener));
    port.on('close', () => this.listener?.closed());
    // A link must not keep the thread alive.
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

/** @throws when the main thread does not listen. */
export async function connectToMainThread(): Promise<Link> {
  const { port1, port2 } = new MessageChannel();
  const offer: PortOffer = { hyperMetricsPort: port2 };
  try {
    await postMessageToThread(MAIN_THREAD, offer, [port2 as never]);
  } catch (error) {
    // An open port is never collected, and connecting is retried.
    port1.close();
    throw error;
  }
  return new PortLink(port1);
}

/** Listens in the main thread for other threads. Returns a function that stops it. */
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
