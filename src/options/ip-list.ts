import { BlockList, isIP } from 'node:net';

/** An address or a subnet. IPv4-mapped IPv6 (`::ffff:10.0.0.1`) is converted to IPv4. */
interface IpRange {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

/** Prefix length of `::ffff:0:0/96`, the IPv4-mapped IPv6 addresses. */
const MAPPED_PREFIX = 96;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+|[0-9a-f]{1,4}:[0-9a-f]{1,4})$/i;

/** Returns whether `text` is an address, or a subnet in CIDR notation. */
export function isIpRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** A set of addresses and subnets. */
export class IpList {
  private readonly list = new BlockList();

  /** @param ranges - strings accepted by {@link isIpRange} */
  constructor(ranges: readonly string[]) {
    for (const { address, prefix, family } of ranges.flatMap((text) => parseRange(text) ?? [])) {
      this.list.addSubnet(address, prefix, family);
    }
  }

  /** @param address - `remoteAddress` of a socket; `undefined` (a closed socket) is in no list */
  has(address: string | undefined): boolean {
    const range = address === undefined ? undefined : parseRange(withoutZone(address));
    return range !== undefined && this.list.check(range.address, range.family);
  }
}

function parseRange(text: string): IpRange | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  // A zone (`fe80::1%eth0`) names an interface of this machine, and is not part of an address.
  if (version === 0 || address.includes('%') || rest.length > 0) {
    return undefined;
  }
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : prefixLength(prefix, bits);
  if (length === undefined) {
    return undefined;
  }
  const mapped = mappedIpv4(address);
  if (mapped !== undefined && length < MAPPED_PREFIX) {
    // Rejected: it looks like an IPv4 subnet, but would match all of IPv4.
    return undefined;
  }
  return mapped === undefined
    ? { address, family: version === 4 ? 'ipv4' : 'ipv6', prefix: length }
    : { address: mapped, family: 'ipv4', prefix: length - MAPPED_PREFIX };
}

function prefixLength(text: string, bits: number): number | undefined {
  const length = /^\d{1,3}$/.test(text) ? Number(text) : undefined;
  return length !== undefined && length <= bits ? length : undefined;
}

function mappedIpv4(address: string): string | undefined {
  const tail = MAPPED_IPV4.exec(address)?.[1];
  if (tail === undefined || tail.includes('.')) {
    return tail;
  }
  return tail
    .split(':')
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

function withoutZone(address: string): string {
  return address.split('%')[0] ?? address;
}
