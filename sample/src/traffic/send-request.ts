import { type Agent, type IncomingMessage, request as createRequest } from 'node:http';
import type { PlannedRequest } from './request-mix.js';

const DEFAULT_PATIENCE_MS = 20_000;

/**
 * Sends one request, or as much of it as is planned.
 *
 * @returns the status that the server must count
 * @throws when nobody can tell whether and how the server counts it: the connection failed, or nothing came in time
 */
export function sendRequest(
  baseUrl: string,
  agent: Agent,
  planned: PlannedRequest,
  patienceMs = DEFAULT_PATIENCE_MS,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { method, path, body, leaves } = planned;
    const request = createRequest(`${baseUrl}${path}`, {
      agent,
      method,
      headers: headersOf(planned),
      timeout: patienceMs,
    });
    const leave = (status: number): void => {
      resolve(status);
      request.destroy();
    };
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${patienceMs} ms`)));
    request.on('response', (response) => {
      const status = statusOf(response);
      response.on('error', reject);
      if (leaves === 'at the first bytes') response.once('data', () => leave(status));
      else response.resume().on('end', () => resolve(status));
    });
    if (leaves === 'at status 100') {
      // The server asks for the body as soon as it has the request; it gets half of it.
      request.on('continue', () => {
        request.write(body?.slice(0, body.length / 2), () => leave(planned.status));
      });
      request.flushHeaders();
      return;
    }
    if (leaves === 'at status 102') request.on('information', () => leave(planned.status));
    request.end(body);
  });
}

function headersOf({ headers, body, leaves }: PlannedRequest): Record<string, string> {
  return {
    ...headers,
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    ...(leaves === 'at status 100' && { expect: '100-continue' }),
  };
}

function statusOf({ statusCode }: IncomingMessage): number {
  if (statusCode === undefined) throw new Error('A response without a status.');
  return statusCode;
}
