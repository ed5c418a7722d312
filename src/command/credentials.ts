import { CommandError } from './command-error.js';

/** What the command line needs to know of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How the endpoint is asked: by a token, or by user and password. */
export type Credentials =
  { readonly token: string } | { readonly username: string; readonly password: string } | undefined;

/** What a header may have. */
const HEADER_TEXT = /^[\x20-\x7e]+$/;

/**
 * The credentials of the environment; the token if there are both. Errors do not show them.
 *
 * @throws {@link CommandError} with exit code 2 if they cannot be sent
 */
export function readCredentials(environment: Environment): Credentials {
  const token = environment['HYPER_METRICS_TOKEN'] ?? '';
  if (token !== '' && !HEADER_TEXT.test(token)) {
    throw new CommandError(
      'HYPER_METRICS_TOKEN has a character that a header cannot have, such as a line end.',
      2,
    );
  }
  if (token !== '') return { token };
  const pair = environment['HYPER_METRICS_BASIC_AUTH'] ?? '';
  if (pair === '') return undefined;
  const colon = pair.indexOf(':');
  if (colon < 1 || colon === pair.length - 1) {
    throw new CommandError(
      'HYPER_METRICS_BASIC_AUTH has no user, no ":" or no password; set it to user:password.',
      2,
    );
  }
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
