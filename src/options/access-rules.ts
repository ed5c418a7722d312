import { isIpRange } from './ip-list.js';
import { isPlainObject, type OptionRule } from './option-rule.js';

/** What a bearer token can be: HTTP would lose spaces around it, and a line break that a file ends with never arrives. */
export function isBearerToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\u0021-\u007e]+$/.test(value);
}

/** @see https://www.rfc-editor.org/rfc/rfc7617#section-2 */
export function isPassword(value: unknown): value is string {
  return typeof value === 'string' && /^\P{Cc}+$/u.test(value);
}

const secret =
  (isUsable: (value: unknown) => boolean, allowed: string): OptionRule =>
  (value) =>
    typeof value === 'function' || isUsable(value) || isListOf(isUsable, value) ? undefined : allowed;

function isListOf(isItem: (value: unknown) => boolean, value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isItem(item));
}

const isGuard = (value: unknown): boolean =>
  typeof value === 'function' ||
  typeof (value as { canActivate?: unknown } | null)?.canActivate === 'function';

/** Rules of the options that say who may scrape. */
export const ACCESS_RULES: Readonly<Record<string, OptionRule>> = {
  guards: (value) =>
    isListOf(isGuard, value) ? undefined : 'a non-empty array of guards, such as [ScrapeGuard]',
  bearerToken: secret(
    isBearerToken,
    'a token of visible ASCII characters without spaces and line breaks, a non-empty array of such tokens, or a function ' +
      'that returns them; leave it out to ask for none',
  ),
  basicAuth: (value) =>
    isPlainObject(value) && 'username' in value && 'password' in value
      ? undefined
      : 'an object of username and password; leave it out to ask for none',
  allowIps: (value) =>
    isListOf((item) => typeof item === 'string' && isIpRange(item), value)
      ? undefined
      : 'a non-empty array of addresses and subnets, such as ["10.0.0.0/8", "::1"]; leave it out to allow all',
};

/** What is allowed within `endpoint.basicAuth`. */
export const BASIC_AUTH_RULES: Readonly<Record<string, OptionRule>> = {
  username: (value) =>
    isPassword(value) && !value.includes(':')
      ? undefined
      : 'a non-empty string without colon and control characters',
  password: secret(
    isPassword,
    'a non-empty string without control characters, a non-empty array of such strings, or a function that returns them',
  ),
};
