import { listenAtSocket } from './links/socket-links.js';
import { useProcessNode } from './process-node.js';

/** The hub that merges the metrics of workers and threads. */
export interface ClusterHub {
  /** Forgets all workers and threads and removes all listeners. */
  close(): void;
}

/**
 * Makes this process the hub of its `node:cluster` workers and threads: each of them then answers scrapes with the merged metrics of
 * all. Call it once in the primary or the main thread, before or after the workers start. It does not keep the process alive. An
 * application with the option `cluster` in the primary or main thread needs no such call.
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

/** A hub for processes without a common primary. */
export interface SocketHub {
  /** Forgets all processes and stops listening. */
  close(): Promise<void>;
}

/**
 * Serves a hub for processes that PM2, systemd and the like start. Call it in a process of its own, which outlives the others; they
 * set the same path in the option `cluster: { hub }`. The hub keeps its process alive until it is closed.
 *
 * @param path - a Unix socket, which is created, or a named pipe on Windows. A process that can open it can read the metrics
 * @throws when another process listens there, or the path cannot be used.
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
