import type { IncomingMessage } from 'node:http';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module.js';

export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

const OPTIONS: NestApplicationOptions = {
  abortOnError: false,
  // Open event streams would keep an application from closing.
  forceCloseConnections: true,
  // A hundred lines of Nest about modules and routes would hide where to look.
  logger: ['warn', 'error', 'fatal'],
};

export function createApplication(platform: Platform): Promise<INestApplication> {
  return platform === 'fastify' ? createFastifyApplication() : createExpressApplication();
}

function createExpressApplication(): Promise<INestApplication> {
  return NestFactory.create(AppModule, OPTIONS);
}

async function createFastifyApplication(): Promise<INestApplication> {
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  // Express leaves bodies that nobody parses to the handler; Fastify wants to be told.
  adapter.getInstance().addContentTypeParser(/^image\//, (_request, body: IncomingMessage, done) => {
    done(null, body);
  });
  return NestFactory.create<NestFastifyApplication>(AppModule, adapter, OPTIONS);
}
