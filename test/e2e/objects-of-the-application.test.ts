import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { Controller, Get, Module, Req, Res, type Type } from '@nestjs/common';
import axios from 'axios';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { HyperMetricsModule } from '../../src/index.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

/** Express' objects are Node's, Fastify's have them. */
type Wrapped<T> = T | { readonly raw: T };

const ours = HyperMetricsModule.forRoot({
  registry: new Registry(),
  runtimeMetrics: false,
  http: { sizes: true, serverTiming: true, exceptions: true },
  httpClient: true,
});

/** The properties that copies and loggers see. */
function visible(object: object): string[] {
  return Reflect.ownKeys(object)
    .filter((key) => Object.prototype.propertyIsEnumerable.call(object, key))
    .map(String)
    .toSorted();
}

/** What an application can see of its requests, incoming and outgoing. */
async function seenIn(platform: (typeof PLATFORMS)[number], metrics: typeof ours | undefined) {
  const seen: Record<string, string[]> = {};
  const texts: string[] = [];
  const look = (name: string, object: object): void => {
    seen[name] = visible(object);
    texts.push(inspect(object, { depth: 8 }));
  };

  @Controller()
  class PagesController {
    @Get('page')
    page(
      @Req() request: Wrapped<IncomingMessage>,
      @Res({ passthrough: true }) response: Wrapped<ServerResponse>,
    ): string {
      const incoming = 'raw' in request ? request.raw : request;
      look('request', incoming);
      look('socket', incoming.socket);
      look('response', 'raw' in response ? response.raw : response);
      return 'page';
    }
  }
  @Module({ imports: metrics === undefined ? [] : [metrics], controllers: [PagesController] })
  class ApplicationModule {}

  const { url, close } = await startApplication(platform, ApplicationModule as Type);
  try {
    const request = get(`${url}/page`, { agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    look('outgoing request', request);
    look('incoming response', response);
    look('socket of the client', response.socket);
    await once(response.resume(), 'end');
    const error: unknown = await axios.get(`${url}/nothing`).catch((reason: unknown) => reason);
    look('error of axios', error as object);
  } finally {
    await close();
  }
  return { seen, texts };
}

describe.each(PLATFORMS)('objects of the application on %s', (platform) => {
  it('look as without metrics when they are copied and logged', async () => {
    const { seen, texts } = await seenIn(platform, ours);
    expect(seen).toEqual((await seenIn(platform, undefined)).seen);
    expect(Object.keys(seen)).toHaveLength(7);
    for (const text of texts) {
      expect(text).not.toMatch(/hyper-?metrics/i);
    }
  });
});
