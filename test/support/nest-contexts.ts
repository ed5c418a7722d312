import type { INestApplicationContext } from '@nestjs/common';
import { afterEach } from 'vitest';

const started: INestApplicationContext[] = [];

/** Initialises a Nest application or testing module, and closes it after the test. */
export async function startContext<Context extends INestApplicationContext>(
  context: Context,
): Promise<Context> {
  started.push(context);
  await context.init();
  return context;
}

/** Closes the started contexts after each test of the file. To be called once in a file. */
export function closeContextsAfterEach(): void {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((context) => context.close()));
  });
}
