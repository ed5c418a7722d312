import { CommandError } from './command-error.js';

/** As long as Prometheus waits by default. */
const TIMEOUT_MS = 10_000;

/** What the command line needs to know of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ADVICE: Readonly<Record<number, string>> = {
  401: 'set HYPER_METRICS_TOKEN to the token of endpoint.bearerToken, or HYPER_METRICS_BASIC_AUTH to user:password',
  403: 'the address of this machine is not in endpoint.allowIps, or a guard refuses',
  404: 'use the path of the option path, which is /metrics by default; a global prefix does not move it',
  503: 'too many scrapes at once, or the process that aggregates does not answer; try again',
};

/** What a header may have. */
const HEADER_TEXT = /^[\x20-\x7e]+$/;

/**
 * Reads the metrics at an address. Errors show it without its query, which may have a secret.
 *
 * @throws {@link CommandError} with exit code 1 if there is no whole answer, or not status 200; with 2 if the token cannot be sent
 */
export async function fetchExposition(url: URL, environment: Environment): Promise<string> {
  const address = url.origin + url.pathname;
  const response = await request(url, address, authorization(environment));
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
  credentials: Readonly<Record<string, string>>,
): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { accept: 'text/plain;version=0.0.4', ...credentials },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new CommandError(
      `${address} does not answer (${reasonOf(error)}). Is the application running, and is this its address?`,
      1,
      { cause: error },
    );
  }
}

function authorization(environment: Environment): Record<string, string> {
  const token = environment['HYPER_METRICS_TOKEN'] ?? '';
  const user = environment['HYPER_METRICS_BASIC_AUTH'] ?? '';
  if (token !== '' && !HEADER_TEXT.test(token)) {
    throw new CommandError(
      'HYPER_METRICS_TOKEN has a character that a header cannot have, such as a line end.',
      2,
    );
  }
  if (token !== '') return { authorization: `Bearer ${token}` };
  return user === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
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
