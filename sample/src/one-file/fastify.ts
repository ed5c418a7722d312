import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';

@Controller('hello')
class HelloController {
  // However many names there are, the metrics know one route.
  @Get(':name')
  hello(@Param('name') name: string): object {
    return { hello: name };
  }
}

@Module({ imports: [HyperMetricsModule.forRoot()], controllers: [HelloController] })
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, new FastifyAdapter());
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
}

void start();
