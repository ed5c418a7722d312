import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** Opens a connection and sends exactly these bytes. */
export async function sendRaw(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write(bytes);
  return socket;
}

/** Sends bytes and resolves with everything that comes back until `isComplete`, then closes. */
export async function exchangeRaw(
  port: number,
  bytes: string,
  isComplete: (received: string) => boolean = (received) => received.includes('\r\n\r\n'),
): Promise<string> {
  const socket = await sendRaw(port, bytes);
  let received = '';
  for await (const chunk of socket) {
    received += String(chunk);
    if (isComplete(received)) {
      break;
    }
  }
  socket.destroy();
  return received;
}

export function getRequest(path: string, headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}
