import { CommandError } from './command-error.js';
import type { Credentials } from './credentials.js';

/** As long as Prometheus waits by default. */
const TIMEOUT_MS = 10_000;

const ADVICE: Readonly<Record<number, string>> = {
  401: 'set HYPER_METRICS_TOKEN to the token of endpoint.bearerToken, or HYPER_METRICS_BASIC_AUTH to user:password',
  403: 'the address of this machine is not in endpoint.allowIps, or a guard refuses',
  404: 'use the path of the option path, which is /metrics by default; a global prefix does not move it',
  503: 'too many scrapes at once, or the process that aggregates does not answer; try again',
};

/** What `fetch()` tells by its message alone. */
const PROBLEMS: Readonly<Record<string, string>> = {
  'redirect count exceeded':
    'redirects again and again, as in a circle. Use the address that answers with the metrics',
  'bad port':
    'has a port that Node.js sends no requests to, because it belongs to another protocol. Use the functions of nestjs-hyper-metrics/monitoring',
};

/** An address as errors show it: without its query, which may have a secret. */
export function showAddress({ origin, pathname }: URL): string {
  return origin + pathname;
}

/**
 * Reads the metrics at an address.
 *
 * @throws {@link CommandError} with exit code 1 if there is no whole answer, or not status 200
 */
export async function fetchExposition(url: URL, credentials: Credentials): Promise<string> {
  const address = showAddress(url);
  const response = await request(url, address, authorization(credentials));
  if (!response.ok) {
    const advice = ADVICE[response.status];
    throw new CommandError(
      `${address} answered ${response.status}${advice === undefined ? '' : `: ${advice}`}.`,
      1,
    );
  }
  try {
    return await response.text();
  } catch (error) {
    throw new CommandError(`${address} answered, and broke off (${reasonOf(error)}). Try again.`, 1, {
      cause: error,
    });
  }
}

async function request(
  url: URL,
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { accept: 'text/plain;version=0.0.4', ...headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const problem =
      PROBLEMS[(error as { readonly cause?: { readonly message?: string } }).cause?.message ?? ''];
    if (problem !== undefined) throw new CommandError(`${address} ${problem}.`, 1, { cause: error });
    throw new CommandError(
      `${address} does not answer (${reasonOf(error)}). Is the application running, and is this its address?`,
      1,
      { cause: error },
    );
  }
}

function authorization(credentials: Credentials): Record<string, string> {
  if (credentials === undefined) return {};
  if ('token' in credentials) return { authorization: `Bearer ${credentials.token}` };
  const { username, password } = credentials;
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** The code of the system, which is in the cause of what `fetch()` throws. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as {
    readonly name: string;
    readonly cause?: { readonly code?: string; readonly message?: string };
  };
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}
