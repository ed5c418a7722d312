import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serve } from '../serve.js';
import { DatabaseAppModule } from './database-app.module.js';

void serve(NestFactory.create(DatabaseAppModule, new FastifyAdapter()));
