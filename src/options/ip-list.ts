import { BlockList, isIP } from 'node:net';

/** An address, or a subnet in CIDR notation; IPv4 written as IPv6 (`::ffff:10.0.0.1`) has become IPv4. */
interface IpRange {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

/** Bits of `::ffff:0:0/96`, in which IPv4 addresses are written as IPv6. */
const MAPPED_PREFIX = 96;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+|[0-9a-f]{1,4}:[0-9a-f]{1,4})$/i;

/** Whether `text` is an address, or a subnet in CIDR notation. */
export function isIpRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** Addresses and subnets. */
export class IpList {
  private readonly list = new BlockList();

  /** @param ranges - each an {@link isIpRange} */
  constructor(ranges: readonly string[]) {
    for (const { address, prefix, family } of ranges.flatMap((text) => parseRange(text) ?? [])) {
      this.list.addSubnet(address, prefix, family);
    }
  }

  /** @param address - as a socket has it; that of a socket which has none is in no list */
  has(address: string | undefined): boolean {
    const range = address === undefined ? undefined : parseRange(withoutZone(address));
    return range !== undefined && this.list.check(range.address, range.family);
  }
}

function parseRange(text: string): IpRange | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  // A zone (`fe80::1%eth0`) names an interface of this machine, and no address.
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
    // Meant for the IPv4 address; as it is written, all of IPv4 would be in it.
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
