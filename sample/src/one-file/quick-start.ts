import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';

@Controller()
class HelloController {
  @Get()
  hello(): string {
    return 'Hello';
  }
}

@Module({ imports: [HyperMetricsModule.forRoot()], controllers: [HelloController] })
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
}

void start();
