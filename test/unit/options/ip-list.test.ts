import { describe, expect, it } from 'vitest';
import { IpList, isIpRange } from '../../../src/options/ip-list.js';

describe('an address or subnet', () => {
  it.each(['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::ffff:10.0.0.1', '::/0'])(
    'is %s',
    (text) => expect(isIpRange(text)).toBe(true),
  );

  it.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.1/33',
    '10.0.0.1/-1',
    '10.0.0.1/',
    '10.0.0.0/8/8',
    ' 10.0.0.1',
    '10.0.0.1:80',
    '::1/129',
    'fe80::1%eth0',
    '010.0.0.1',
    '::ffff:10.0.0.0/8',
  ])('is not %j', (text) => expect(isIpRange(text)).toBe(false));
});

describe('a list of addresses', () => {
  it.each([
    [['10.1.2.3'], '10.1.2.3', true],
    [['10.1.2.3'], '10.1.2.4', false],
    [['10.1.2.3'], '::ffff:10.1.2.3', true],
    [['10.1.2.3'], '::ffff:a01:203', true],
    [['10.1.2.3'], '::ffff:10.1.2.4', false],
    [['10.1.2.3'], '::10.1.2.3', false],
    [['10.0.0.0/8'], '10.255.255.255', true],
    [['10.0.0.0/8'], '::ffff:10.9.9.9', true],
    [['10.0.0.0/8'], '11.0.0.0', false],
    [['192.168.1.128/25'], '192.168.1.127', false],
    [['192.168.1.128/25'], '192.168.1.128', true],
    [['::ffff:10.0.0.0/104'], '10.7.7.7', true],
    [['::ffff:10.0.0.0/104'], '11.7.7.7', false],
    [['::ffff:10.1.2.3'], '10.1.2.3', true],
    [['0.0.0.0/0'], '203.0.113.9', true],
    [['0.0.0.0/0'], '::ffff:203.0.113.9', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['::1'], '0:0:0:0:0:0:0:1', true],
    [['::1'], '127.0.0.1', false],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['127.0.0.1', '::1'], '::1', true],
    [['127.0.0.1'], undefined, false],
    [['127.0.0.1'], '', false],
    [['127.0.0.1'], '/run/shop.sock', false],
  ])('%j has %j: %s', (ranges, address, has) => {
    expect(new IpList(ranges).has(address)).toBe(has);
  });
});
