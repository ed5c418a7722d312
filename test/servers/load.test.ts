import { Agent, get, type IncomingMessage } from 'node:http';
import { type CanActivate, Controller, ForbiddenException, Get, Module, UseGuards } from '@nestjs/common';
import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { HyperMetricsModule } from '../../src/index.js';
import { seriesOf, sumOf } from '../support/exposition.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

const REQUESTS = 10_000;
const CONCURRENCY = 50;

class DenyGuard implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

/** What to do when a handler signals its start: leave. */
const onStarted = new Map<string, () => void>();

@Controller('load')
class LoadController {
  @Get('fast')
  fast(): string {
    return 'fast';
  }

  @Get('guarded')
  @UseGuards(DenyGuard)
  guarded(): void {}

  @Get('hanging/:id')
  hanging(): Promise<string> {
    // Never answers: an answer could overtake the client's departure on a busy machine.
    return new Promise(() => {
      // The client of this request, and of no other, leaves now.
      onStarted.get('next')?.();
    });
  }
}

/** Of every 20 requests one is aborted, one unknown, one rejected by a guard. */
const KINDS = ['aborted', 'unknown', 'guarded'] as const;

describe.each(PLATFORMS)('%s under load', (platform) => {
  it(`counts ${REQUESTS} mixed requests exactly`, { timeout: 300_000 }, async () => {
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false })],
      controllers: [LoadController],
    })
    class LoadModule {}
    const target = await startApplication(platform, LoadModule);
    const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
    const answered: Record<string, number> = {};
    let aborted = 0;

    const open = (path: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const request = get(target.url + path, { agent }, (response: IncomingMessage) => {
          answered[String(response.statusCode)] = (answered[String(response.statusCode)] ?? 0) + 1;
          response.resume().on('end', resolve);
        });
        request.on('error', reject);
      });
    // One at a time, so that the handler's signal belongs to this request.
    let abortQueue = Promise.resolve();
    const abort = (): Promise<void> => {
      abortQueue = abortQueue.then(
        () =>
          new Promise((resolve) => {
            const request = get(`${target.url}/load/hanging/${aborted}`);
            onStarted.set('next', () => request.destroy());
            request.on('error', () => {
              aborted += 1;
              resolve();
            });
          }),
      );
      return abortQueue;
    };

    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < REQUESTS) {
        const kind = KINDS[sent % 20];
        sent += 1;
        await (kind === 'aborted'
          ? abort()
          : open({ unknown: '/unknown', guarded: '/load/guarded' }[kind as string] ?? '/load/fast'));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    agent.destroy();

    await vi.waitFor(async () =>
      expect((await target.read()).get('hyperdjango_http_requests_in_flight')).toBe(0),
    );
    const exposition = await target.read();
    await target.close();
    expect({ ...answered, aborted }).toEqual({ 200: 8500, 403: 500, 404: 500, aborted: 500 });
    expect(sumOf(exposition, 'hyperdjango_http_requests_total')).toBe(REQUESTS);
    expect(seriesOf(exposition, 'hyperdjango_http_requests_total')).toEqual({
      '{method="GET",status="200"}': 8500,
      '{method="GET",status="403"}': 500,
      '{method="GET",status="404"}': 500,
      '{method="GET",status="499"}': 500,
    });
    expect(exposition.get('hyperdjango_http_request_duration_seconds_count')).toBe(REQUESTS);
    expect(sumOf(exposition, 'hyperdjango_http_route_duration_seconds_count')).toBe(REQUESTS);
  });
});
