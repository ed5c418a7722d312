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

/** The node of this process or thread, with its reference count. */
interface ProcessNode {
  readonly node: ClusterNode;
  hub: string | undefined;
  uses: number;
  undo: (() => void)[];
}

/** Shared by all copies of this module: ES module and CommonJS have one each. */
const KEY = Symbol.for(`nestjs-hyper-metrics.cluster.${PROTOCOL_VERSION}`);
const holder = globalThis as { [KEY]?: ProcessNode };

/** A reference to this process' node. */
export interface NodeUse {
  readonly node: ClusterNode;
  /** Idempotent. After the last release the node removes its listeners. */
  release(): void;
}

/**
 * Returns a reference to the node of this process.
 *
 * @param hub - the socket of a hub in another process; by default the hub is the primary or the main thread
 * @throws {@link HyperMetricsError} when the process uses another hub.
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

/** Sets the hub of a node that was created without one: the main thread may have set up its threads first. */
function askAnotherHub(used: ProcessNode, hub: string): void {
  const { node } = used;
  if (node.uplink !== undefined) {
    throw new HyperMetricsError(
      `The option \`cluster.hub\` is "${hub}", and this process uses ${used.hub ?? 'its primary or main thread'} already. ` +
        'Use one hub for all applications of a process.',
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
