import { once } from 'node:events';
import { createServer } from 'node:net';

export const LOCAL_HOST = '127.0.0.1';

/** A port that is free now; whoever binds it must be ready to lose the race for it. */
export async function findFreePort(): Promise<number> {
  const port = await bindBriefly(0);
  if (port === undefined) throw new Error(`${LOCAL_HOST} has no free port.`);
  return port;
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await bindBriefly(port)) !== undefined;
}

async function bindBriefly(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, LOCAL_HOST);
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
