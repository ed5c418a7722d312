import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { DynamicModule, NestApplicationOptions } from '@nestjs/common';
import { vi } from 'vitest';
import type { Counted, Peer } from './peer.js';

/** What the agent sends of one request: its trace, operation and attributes. */
interface Snapshot {
  readonly ti: string;
  readonly op?: string;
  readonly a?: { readonly m?: string; readonly sc?: number; readonly ou?: string };
}

const SENTINEL_CASE = 'sentinel';

/** NestJS Observe with its default options, and a collector on loopback in place of its service. */
export const OBSERVE: Peer = {
  name: 'NestJS Observe',
  platforms: ['express', 'fastify'],
  async start(require) {
    const snapshots: Snapshot[] = [];
    const collector = createServer((request, response) => {
      const receive = async (): Promise<void> => {
        snapshots.push(...(await readBatch(request)));
        response.setHeader('Content-Type', 'application/json').end('{}');
      };
      void receive();
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;

    const { createObserveModule } = require('@nestjs/observe') as {
      createObserveModule(): {
        readonly ObserveModule: { forRoot(options: object): DynamicModule };
        readonly ObserveInstrument: NonNullable<NestApplicationOptions['instrument']>;
      };
    };
    const { ObserveModule, ObserveInstrument } = createObserveModule();
    let running = '';
    let requests = 0;
    return {
      imports: [
        ObserveModule.forRoot({
          appKey: 'key',
          appSecret: 'secret',
          serviceId: 'peers',
          endpoint: `http://127.0.0.1:${port}`,
          flushInterval: 1000,
          // A request's trace tells which case it belongs to.
          traceIdGenerator: () => `${running}#${requests++}`,
        }),
      ],
      options: { instrument: ObserveInstrument },
      begin: async (name) => {
        running = name;
      },
      end: async () => {},
      counted: async (sendSentinel) => {
        running = SENTINEL_CASE;
        await sendSentinel();
        await vi.waitUntil(() => snapshots.some((snapshot) => caseOf(snapshot) === SENTINEL_CASE));
        return countedByCase(snapshots);
      },
      families: async () => [],
      close: async () => {
        collector.closeAllConnections();
        collector.close();
      },
    };
  },
};

const caseOf = ({ ti }: Snapshot): string => ti.slice(0, ti.lastIndexOf('#'));

async function readBatch(request: IncomingMessage): Promise<Snapshot[]> {
  const body = await buffer(request);
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
  const { snapshots = [] } = JSON.parse(text) as { readonly snapshots?: Snapshot[] };
  return snapshots;
}

function countedByCase(snapshots: readonly Snapshot[]): Map<string, Counted[]> {
  const results = new Map<string, Counted[]>();
  for (const snapshot of snapshots) {
    const { op: route = '', a } = snapshot;
    const counted = { status: String(a?.sc ?? ''), route, requests: 1 };
    results.set(caseOf(snapshot), [...(results.get(caseOf(snapshot)) ?? []), counted]);
  }
  return results;
}
