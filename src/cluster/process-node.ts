import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';
import { HyperMetricsError } from '../core/errors.js';
import { ClusterNode } from './cluster-node.js';
import { listenForWorkers, PrimaryLink } from './links/process-links.js';
import { connectToSocket } from './links/socket-links.js';
import { connectToMainThread, listenForThreads } from './links/thread-links.js';
import type { Link } from './links/link.js';
import { ownIdentity } from './member-identity.js';
import { PROTOCOL_VERSION } from './messages.js';
import { Uplink, type UplinkTarget } from './uplink.js';

/** The node of this process or thread, and how many use it. */
interface ProcessNode {
  readonly node: ClusterNode;
  hub: string | undefined;
  uses: number;
  undo: (() => void)[];
}

/** One for all copies of this module, of which ESM and CommonJS have one each. */
const KEY = Symbol.for(`nestjs-hyper-metrics.cluster.${PROTOCOL_VERSION}`);
const holder = globalThis as { [KEY]?: ProcessNode };

/** A use of this process' node. */
export interface NodeUse {
  readonly node: ClusterNode;
  /** Idempotent. After the last one nothing listens any more. */
  release(): void;
}

/**
 * @param hub - the socket of a hub in a process of its own; without it the primary or the main thread is asked
 * @throws {@link HyperMetricsError} when another hub is asked already.
 */
export function useProcessNode(hub?: string): NodeUse {
  let used = holder[KEY];
  if (used === undefined || (used.uses === 0 && used.hub !== hub)) {
    used = create(hub);
    holder[KEY] = used;
  } else if (hub !== undefined && used.hub !== hub) {
    askAnotherHub(used, hub);
  }
  return use(used);
}

function use(used: ProcessNode): NodeUse {
  if (used.uses === 0) {
    start(used);
  }
  used.uses += 1;
  let isReleased = false;
  return {
    node: used.node,
    release: () => {
      if (!isReleased) {
        isReleased = true;
        used.uses -= 1;
        if (used.uses === 0) {
          stop(used);
        }
      }
    },
  };
}

function create(hub: string | undefined): ProcessNode {
  const node = new ClusterNode(ownIdentity(hub !== undefined));
  node.uplink = uplinkOf(node, hub);
  return { node, hub, uses: 0, undo: [] };
}

/** A main thread may have set up its threads before it is known that it has a hub, too. */
function askAnotherHub(used: ProcessNode, hub: string): void {
  const { node } = used;
  if (node.uplink !== undefined) {
    throw new HyperMetricsError(
      `The option cluster names the hub "${hub}", and this process asks ${used.hub ?? 'its primary or main thread'} already. ` +
        'Name one hub for all applications of a process.',
    );
  }
  used.hub = hub;
  node.identity = ownIdentity(true);
  node.uplink = uplinkOf(node, hub);
  node.uplink?.wake();
}

function uplinkOf(node: ClusterNode, hub: string | undefined): Uplink | undefined {
  const connect = connectorFor(hub);
  return connect && new Uplink(connect, node, targetOf(hub));
}

function targetOf(hub: string | undefined): UplinkTarget {
  if (hub !== undefined) {
    const path = JSON.stringify(hub);
    return {
      name: `the hub at ${path}`,
      advice: `Start the process that calls serveClusterHub(${path}), or correct the option cluster.hub`,
    };
  }
  return isMainThread
    ? {
        name: 'the primary',
        advice:
          'Call setUpClusterPrimary() in the primary; under PM2, start a hub and name its socket in the option cluster.hub',
      }
    : { name: 'the main thread', advice: 'Call setUpClusterPrimary() in the main thread' };
}

function connectorFor(hub: string | undefined): (() => Promise<Link>) | undefined {
  if (hub !== undefined) {
    return () => connectToSocket(hub);
  }
  if (!isMainThread) {
    return connectToMainThread;
  }
  return cluster.isWorker ? async () => new PrimaryLink() : undefined;
}

function start({ node, undo }: ProcessNode): void {
  const accept = (link: Link): void => node.accept(link);
  if (isMainThread) {
    undo.push(listenForThreads(accept));
  }
  if (isMainThread && cluster.isPrimary) {
    undo.push(listenForWorkers(accept, node.greeting));
  }
  node.uplink?.wake();
}

function stop({ node, undo }: ProcessNode): void {
  node.uplink?.rest();
  undo.splice(0).forEach((take) => take());
  node.forget();
}
