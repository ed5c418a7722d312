import type { INestApplication } from '@nestjs/common';

/** Listens on a free port and prints the address for whoever started the process. */
export async function serve(creating: Promise<INestApplication>): Promise<void> {
  const app = await creating;
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log(`Listening at ${await app.getUrl()}`);
}
