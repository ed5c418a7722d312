import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { serve } from '../serve.js';
import { DatabaseAppModule } from './database-app.module.js';

void serve(NestFactory.create(DatabaseAppModule, new ExpressAdapter()));
