import { Agent, request as nodeRequest } from 'node:http';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import { got } from 'got';
import { firstValueFrom } from 'rxjs';
import { fetch as npmFetch, request as npmRequest } from 'undici';

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** The client's own limit, which is not that of a signal. */
  readonly timeoutMs?: number;
}

/** One way to send requests. `send()` reads the whole body. */
export interface OutgoingClient {
  readonly name: string;
  readonly transport: 'node' | 'undici';
  readonly followsRedirects: boolean;
  /** The code of its own for a request that took too long, if it has one. */
  readonly timeoutCode?: string;
  send(request: SentRequest): Promise<unknown>;
}

const present = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

function sendByNode(
  agent: Agent | false,
  { method, url, body, signal, timeoutMs }: SentRequest,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = nodeRequest(url, present({ method, agent, signal, timeout: timeoutMs }), (response) => {
      response.on('error', reject);
      response.on('end', resolve);
      response.resume();
    });
    request.on('timeout', () => request.destroy());
    request.on('error', reject);
    request.end(body);
  });
}

const keptAlive = new Agent({ keepAlive: true });

const sendByAxios =
  (send: (config: object) => Promise<unknown>) =>
  ({ method, url, body, signal, timeoutMs }: SentRequest): Promise<unknown> =>
    send(present({ method, url, data: body, signal, timeout: timeoutMs, validateStatus: () => true }));

const sendByFetch =
  (send: (url: string, init: object) => Promise<{ text(): Promise<string> }>) =>
  async ({ method, url, body, signal, timeoutMs }: SentRequest): Promise<unknown> => {
    const limited = timeoutMs === undefined ? signal : AbortSignal.timeout(timeoutMs);
    return (await send(url, present({ method, body, signal: limited }))).text();
  };

const nestService = new HttpService();

export const OUTGOING_CLIENTS: readonly OutgoingClient[] = [
  {
    name: 'node:http',
    transport: 'node',
    followsRedirects: false,
    send: (request) => sendByNode(false, request),
  },
  {
    name: 'node:http with keep-alive',
    transport: 'node',
    followsRedirects: false,
    send: (request) => sendByNode(keptAlive, request),
  },
  {
    name: 'axios',
    transport: 'node',
    followsRedirects: true,
    timeoutCode: 'ECONNABORTED',
    send: sendByAxios((config) => axios.request(config)),
  },
  {
    name: '@nestjs/axios',
    transport: 'node',
    followsRedirects: true,
    timeoutCode: 'ECONNABORTED',
    send: sendByAxios((config) => firstValueFrom(nestService.request(config))),
  },
  {
    name: 'got',
    transport: 'node',
    followsRedirects: true,
    send: ({ method, url, body, signal, timeoutMs }) =>
      got(
        url,
        present({
          method: method as 'GET',
          body,
          signal,
          timeout: timeoutMs === undefined ? undefined : { request: timeoutMs },
          retry: { limit: 0 },
          throwHttpErrors: false,
        }) as object,
      ),
  },
  {
    name: 'fetch',
    transport: 'undici',
    followsRedirects: true,
    send: sendByFetch((url, init) => fetch(url, init)),
  },
  {
    name: 'fetch of undici',
    transport: 'undici',
    followsRedirects: true,
    send: sendByFetch((url, init) => npmFetch(url, init)),
  },
  {
    name: 'request of undici',
    transport: 'undici',
    followsRedirects: false,
    timeoutCode: 'UND_ERR_HEADERS_TIMEOUT',
    send: async ({ method, url, body, signal, timeoutMs }) => {
      const { body: response } = await npmRequest(
        url,
        present({ method, body, signal, headersTimeout: timeoutMs }) as object,
      );
      return response.text();
    },
  },
];
