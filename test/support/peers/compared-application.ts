import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Controller, Get, HttpCode, Module, type Type } from '@nestjs/common';
import { vi } from 'vitest';
import { createApplication, type Platform, type RunningApplication } from '../platforms.js';
import { type Case, IN_FLIGHT, type Recorded, REQUEST_CASES, request } from '../request-matrix.cases.js';
import { MIDDLEWARE_CASES } from '../request-matrix.middleware.js';
import { configureMatrix, RequestMatrixModule } from '../request-matrix.module.js';
import { SENT_STATUS_CASES } from '../request-matrix.sent-status.js';
import { type Counted, type Peer, type PeerUnderTest, type RequirePeer, SENTINEL } from './peer.js';

const CASES = [...REQUEST_CASES, ...SENT_STATUS_CASES, ...MIDDLEWARE_CASES];

/** What became of the requests of a case: what has to be recorded, and what the peer counted. */
export interface Compared {
  readonly name: string;
  readonly expected: Recorded;
  readonly counted: readonly Counted[];
}

export interface Comparison {
  readonly cases: readonly Compared[];
  /** Names of the families that the peer exports to Prometheus. */
  readonly families: readonly string[];
}

/** Sends every case of the request matrix to an application with one peer. */
export async function compare(peer: Peer, platform: Platform, require: RequirePeer): Promise<Comparison> {
  const underTest = await peer.start(require);
  const target = await start(platform, underTest);
  const sendSentinel = async (): Promise<void> => {
    await request(target, SENTINEL.path);
  };
  try {
    const cases = casesOn(platform);
    for (const { name, send } of cases) {
      await underTest.begin(name);
      await send(target);
      await vi.waitUntil(async () => (await target.read()).get(IN_FLIGHT) === 0);
      await underTest.end(name, sendSentinel);
    }
    const counted = await underTest.counted(sendSentinel);
    return {
      cases: cases.map(({ name, recorded }) => ({
        name,
        expected: typeof recorded === 'function' ? recorded(platform) : recorded,
        counted: counted.get(name) ?? [],
      })),
      families: await underTest.families(),
    };
  } finally {
    await target.close();
    await underTest.close();
  }
}

function casesOn(platform: Platform): Case[] {
  return CASES.filter(({ only = platform }) => only === platform);
}

async function start(platform: Platform, underTest: PeerUnderTest): Promise<RunningApplication> {
  const app = await createApplication(platform, applicationModule(underTest), underTest.options);
  await underTest.configure?.(app);
  configureMatrix(app);
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  const { port } = server.address() as { port: number };
  const inFlight = requestsInFlight(server);
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    read: async () => new Map([[IN_FLIGHT, inFlight.size]]),
    close: () => app.close(),
  };
}

function applicationModule({ imports = [], providers = [] }: PeerUnderTest): Type {
  @Controller('sentinel')
  class SentinelController {
    @Get()
    @HttpCode(SENTINEL.status)
    sentinel(): void {}
  }

  @Module({
    imports: [RequestMatrixModule.plain(), ...imports],
    controllers: [SentinelController],
    providers,
  })
  class ComparedModule {}
  return ComparedModule;
}

/** Requests until their response or their connection has ended: one that waits in a pipeline has only the latter. */
function requestsInFlight(server: Server): ReadonlySet<IncomingMessage> {
  const requests = new Set<IncomingMessage>();
  server.prependListener('request', (incoming: IncomingMessage, response: ServerResponse) => {
    requests.add(incoming);
    response.once('close', () => requests.delete(incoming));
  });
  server.on('connection', (socket: Socket) => {
    socket.once('close', () => {
      for (const incoming of requests) if (incoming.socket === socket) requests.delete(incoming);
    });
  });
  return requests;
}
