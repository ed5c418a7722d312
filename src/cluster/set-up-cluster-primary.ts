import { listenAtSocket } from './links/socket-links.js';
import { useProcessNode } from './process-node.js';

/** Puts the metrics of workers and threads together. */
export interface ClusterHub {
  /** Forgets all workers and threads, and leaves no listener behind. */
  close(): void;
}

/**
 * Lets the workers of `node:cluster`, and the threads of this process, answer scrapes for each other: to be called once in the
 * primary, or in the main thread. It may come before or after they are started. It holds no process, and does nothing at all
 * while nobody scrapes. An application with the option `cluster` in the primary or main thread needs no such call.
 *
 * @example
 * if (cluster.isPrimary) {
 *   setUpClusterPrimary();
 *   cluster.fork();
 * }
 */
export function setUpClusterPrimary(): ClusterHub {
  const use = useProcessNode();
  return { close: () => use.release() };
}

/** A {@link ClusterHub} for processes that have no primary in common. */
export interface SocketHub {
  /** Forgets all processes, and stops listening. */
  close(): Promise<void>;
}

/**
 * Lets processes that others start (PM2, systemd) answer scrapes for each other: to be called in a process of its own, which lives
 * longer than they do. They name the same path in the option `cluster: { hub }`. The process stays until the hub is closed.
 *
 * @param path - of a Unix socket that is made there, or a named pipe on Windows. Whoever may open it can read the metrics
 * @throws when somebody listens there already, or the path cannot be used.
 */
export async function serveClusterHub(path: string): Promise<SocketHub> {
  const use = useProcessNode();
  try {
    const stop = await listenAtSocket(path, (link) => use.node.accept(link));
    return {
      close: async () => {
        use.release();
        await stop();
      },
    };
  } catch (error) {
    use.release();
    throw error;
  }
}
