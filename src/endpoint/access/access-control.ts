import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { IpList } from '../../options/ip-list.js';
import { isBearerToken, isPassword } from '../../options/endpoint-rules.js';
import type { ResolvedEndpointOptions } from '../../options/resolved-options.js';
import { AcceptedSecrets } from './accepted-secrets.js';

/** The answer to a scrape that is refused. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers: OutgoingHttpHeaders;
}

/** An authentication scheme. */
interface Scheme {
  /** In lower case. */
  readonly name: string;
  readonly challenge: string;
  accepts(credentials: string): boolean;
}

const WRONG_ADDRESS: Refusal = { status: 403, text: 'This address may not read the metrics.', headers: {} };
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Scheme and credentials (RFC 9110, 11.4). */
const AUTHORIZATION = /^(\S+) +(\S+)$/;

/** Whether a bearer token is the only accepted credential: browsers cannot send one. */
export function needsBearerToken({ bearerToken, basicAuth }: ResolvedEndpointOptions): boolean {
  return bearerToken !== undefined && basicAuth === undefined;
}

/** Decides whether a client may scrape: its address must be allowed, and one of the configured credentials match. */
export class AccessControl {
  private readonly addresses: IpList | undefined;
  private readonly schemes: readonly Scheme[];
  private readonly noCredentials: Refusal;

  /** @param onUnusable - called when an option's function gives no usable secret; gets no secrets */
  constructor(options: ResolvedEndpointOptions, onUnusable: (option: string, reason: string) => void) {
    const { allowIps, bearerToken, basicAuth, page } = options;
    this.addresses = allowIps && new IpList(allowIps);
    this.schemes = [
      ...(bearerToken === undefined
        ? []
        : [
            bearerScheme(
              new AcceptedSecrets({
                secret: bearerToken,
                isUsable: isBearerToken,
                encode: (token) => token,
                onUnusable: (reason) => onUnusable('endpoint.bearerToken', reason),
              }),
            ),
          ]),
      ...(basicAuth === undefined
        ? []
        : [
            basicScheme(
              new AcceptedSecrets({
                secret: basicAuth.password,
                isUsable: isPassword,
                encode: (password) => `${basicAuth.username}:${password}`,
                onUnusable: (reason) => onUnusable('endpoint.basicAuth', reason),
              }),
            ),
          ]),
    ];
    this.noCredentials = {
      status: 401,
      text:
        'The metrics require credentials.' +
        (page !== false && needsBearerToken(options)
          ? ' Browsers cannot send a bearer token: to open the live page, set endpoint.basicAuth too.'
          : ''),
      headers: { 'WWW-Authenticate': this.schemes.map(({ challenge }) => challenge) },
    };
  }

  /** Returns `undefined` when the client may scrape. Never throws. */
  refusalOf({ socket, headers }: IncomingMessage): Refusal | undefined {
    if (this.addresses !== undefined && !this.addresses.has(socket?.remoteAddress)) {
      return WRONG_ADDRESS;
    }
    return this.schemes.length === 0 || this.proves(headers.authorization) ? undefined : this.noCredentials;
  }

  private proves(authorization: string | undefined): boolean {
    const [, name = '', credentials = ''] = AUTHORIZATION.exec(authorization ?? '') ?? [];
    const scheme = this.schemes.find((candidate) => candidate.name === name.toLowerCase());
    return scheme?.accepts(credentials) ?? false;
  }
}

function bearerScheme(tokens: AcceptedSecrets): Scheme {
  return {
    name: 'bearer',
    challenge: 'Bearer realm="metrics"',
    accepts: (token) => tokens.accepts(token),
  };
}

function basicScheme(pairs: AcceptedSecrets): Scheme {
  return {
    name: 'basic',
    challenge: 'Basic realm="metrics", charset="UTF-8"',
    accepts: (text) => BASE64.test(text) && pairs.accepts(Buffer.from(text, 'base64')),
  };
}
