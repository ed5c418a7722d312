import cluster, { type Worker } from 'node:cluster';
import { type Message, readMessage, toEnvelope } from '../messages.js';
import { deliver, type Link, type LinkListener } from './link.js';

const LEFTOVERS_MS = 250;

/** The link from a worker of `node:cluster` to its primary. */
export class PrimaryLink implements Link {
  private listener: LinkListener | undefined;
  private readonly onMessage = (value: unknown): void => deliver(value, this.listener);
  private readonly onDisconnect = (): void => this.listener?.closed();

  listen(listener: LinkListener): void {
    this.listener = listener;
    process.on('message', this.onMessage);
    process.on('disconnect', this.onDisconnect);
  }

  send(message: Message): Promise<void> {
    return new Promise((resolve) => {
      if (process.send === undefined || !process.connected) {
        resolve();
        return;
      }
      // With a callback, a broken channel emits no error event.
      process.send(toEnvelope(message), undefined, undefined, () => resolve());
    });
  }

  rest(): void {
    this.listener = undefined;
    process.off('message', this.onMessage);
    process.off('disconnect', this.onDisconnect);
  }

  close(): void {
    this.rest();
  }
}

/** The link from the primary to one of its workers. */
class WorkerLink implements Link {
  listener: LinkListener | undefined;

  constructor(private readonly worker: Worker) {}

  listen(listener: LinkListener): void {
    this.listener = listener;
  }

  send(message: Message): Promise<void> {
    return new Promise((resolve) => {
      if (!this.worker.isConnected()) {
        resolve();
        return;
      }
      this.worker.process.send(toEnvelope(message), undefined, undefined, () => resolve());
    });
  }

  rest(): void {}

  close(): void {
    this.listener = undefined;
  }
}

/**
 * Listens in the primary for messages of workers. Returns a function that stops it.
 *
 * @param accept - called with the link to each worker at its first message
 */
export function listenForWorkers(accept: (link: Link) => void, greeting: Message): () => void {
  const links = new Map<number, WorkerLink>();
  const onMessage = (worker: Worker, value: unknown): void => {
    let link = links.get(worker.id);
    if (link === undefined && readMessage(value) !== undefined) {
      link = new WorkerLink(worker);
      links.set(worker.id, link);
      accept(link);
    }
    deliver(value, link?.listener);
  };
  const onGone = ({ id }: Worker): void => {
    links.get(id)?.listener?.closed();
    links.delete(id);
  };
  const leftovers = new Set<NodeJS.Timeout>();
  // Messages of a worker may be read after its exit and before `disconnect`. That event is missing when the worker was killed
  // during the transfer of a connection.
  const onExit = (worker: Worker): void => {
    const timer = setTimeout(() => {
      leftovers.delete(timer);
      onGone(worker);
    }, LEFTOVERS_MS).unref();
    leftovers.add(timer);
  };
  cluster.on('message', onMessage);
  cluster.on('disconnect', onGone);
  cluster.on('exit', onExit);
  // Workers that started earlier sent their `hello` before we listened: greet them.
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (worker !== undefined) {
      void new WorkerLink(worker).send(greeting);
    }
  }
  return () => {
    cluster.off('message', onMessage);
    cluster.off('disconnect', onGone);
    cluster.off('exit', onExit);
    leftovers.forEach((timer) => clearTimeout(timer));
  };
}
