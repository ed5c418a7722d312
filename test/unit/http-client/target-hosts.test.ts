import { describe, expect, it } from 'vitest';
import { TargetHosts } from '../../../src/http-client/target-hosts.js';

const labelOf = (target: string): string => new TargetHosts(100, []).find(target).label;

describe('TargetHosts', () => {
  it.each([
    ['api.example.com', 'api.example.com'],
    ['API.Example.com:8080', 'api.example.com:8080'],
    ['https://api.example.com', 'api.example.com'],
    ['https://api.example.com:443', 'api.example.com'],
    ['http://api.example.com:443', 'api.example.com:443'],
    ['http://[::1]:3000', '[::1]:3000'],
    ['[::1]:3000', '[::1]:3000'],
    ['http://Ada:secret@api.example.com:81', 'api.example.com:81'],
    ['Ada:secret@api.example.com', 'api.example.com'],
    ['api.example.com/orders/42?token=secret', 'api.example.com'],
    ['http://no url', 'other'],
    ['', ''],
    [`${'a'.repeat(200)}.example.com`, 'other'],
  ])('names the target %s %s', (target, label) => {
    expect(labelOf(target)).toBe(label);
  });

  it('gives a label to the first hosts, and `other` to all further ones', () => {
    const hosts = new TargetHosts(2, []);
    const labels = ['a', 'b', 'c', 'a', 'd', 'b'].map((target) => hosts.find(target).label);
    expect(labels).toEqual(['a', 'b', 'other', 'a', 'other', 'b']);
  });

  it('keeps the labels of the first hosts, however many others there are', () => {
    const hosts = new TargetHosts(3, []);
    hosts.find('first');
    for (let host = 0; host < 10_000; host += 1) hosts.find(`host-${host}`);
    expect(hosts.find('first').label).toBe('first');
    expect(hosts.find('host-9999').label).toBe('other');
  });

  it('ignores hosts by name, by name and port, and by pattern, which take no place among the labels', () => {
    const hosts = new TargetHosts(1, ['localhost', 'Collector:4318', '[::1]', /\.internal(:\d+)?$/g]);
    const ignored = [
      'localhost',
      'localhost:1',
      'http://localhost:2',
      'collector:4318',
      '[::1]:9',
      'a.internal',
      'b.internal:1',
    ];
    expect(ignored.map((target) => hosts.find(target).isIgnored)).toEqual(ignored.map(() => true));
    expect(hosts.find('collector:4319')).toMatchObject({ isIgnored: false, label: 'collector:4319' });
  });
});
