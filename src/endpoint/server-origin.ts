import type { AddressInfo } from 'node:net';

/** Scheme, host and port of a server that listens: one that opens, where it listens on every address. */
export function serverOrigin(scheme: 'http' | 'https', { address, family, port }: AddressInfo): string {
  const anywhere = address === '::' || address === '0.0.0.0';
  const host = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${scheme}://${host}:${port}`;
}
