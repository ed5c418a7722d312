import type { INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MetricsService } from '../../src/index.js';
import { readExposition, type Exposition } from './exposition.js';

export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** An application that listens on a free port of the loopback interface. */
export interface RunningApplication {
  readonly app: INestApplication;
  readonly port: number;
  readonly url: string;
  /** The metrics as a scrape sees them, without sending one. */
  read(): Promise<Exposition>;
  close(): Promise<void>;
}

export async function createApplication(
  platform: Platform,
  module: Type | DynamicModule,
  options: NestApplicationOptions = {},
): Promise<INestApplication> {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  return NestFactory.create(module, adapter, { logger: false, abortOnError: false, ...options });
}

export async function startApplication(
  platform: Platform,
  module: Type | DynamicModule,
  configure: (app: INestApplication) => void | Promise<void> = () => {},
  options: NestApplicationOptions = {},
): Promise<RunningApplication> {
  const app = await createApplication(platform, module, options);
  await configure(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    read: async () => readExposition(await app.get(MetricsService).collect()),
    close: () => app.close(),
  };
}
