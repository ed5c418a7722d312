import type { AddressInfo, Server } from 'node:net';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, Payload, Transport } from '@nestjs/microservices';
import { HyperMetricsModule, Timed } from 'nestjs-hyper-metrics';

const host = '127.0.0.1';

@Controller()
class SumController {
  @MessagePattern('sum')
  @Timed()
  sum(@Payload() numbers: readonly number[]): number {
    return numbers.reduce((sum, number) => sum + number, 0);
  }
}

@Module({
  imports: [
    HyperMetricsModule.forRoot({
      // Nothing here speaks HTTP but the metrics, on a port of their own.
      endpoint: { port: Number(process.env['METRICS_PORT'] ?? 9464), host },
      http: false,
    }),
  ],
  controllers: [SumController],
})
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    transport: Transport.TCP,
    options: { host, port: Number(process.env['PORT'] ?? 3000) },
  });
  app.enableShutdownHooks();
  await app.listen();
  const { port } = app.unwrap<Server>().address() as AddressInfo;
  console.log(`Messages at tcp://${host}:${port}`);
}

void start();
