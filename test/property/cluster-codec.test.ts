import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  SnapshotDecoder,
  encodeSnapshots,
  UnreadableSnapshotError,
} from '../../src/cluster/wire/snapshot-codec.js';
import { arbitrarySnapshot as family } from './arbitrary-snapshots.js';

const families = fc.array(family, { maxLength: 4 });

const decode = (bytes: Buffer) => new SnapshotDecoder().decode(bytes);

it('brings back every number, text and exemplar as it was', () => {
  fc.assert(
    fc.property(families, (sent) => {
      expect(decode(encodeSnapshots(sent))).toEqual(sent);
    }),
    {
      numRuns: 500,
    },
  );
});

it('brings them back through base64 and JSON, and with a decoder that knows other snapshots', () => {
  const decoder = new SnapshotDecoder();
  fc.assert(
    fc.property(families, (sent) => {
      const payload = JSON.parse(JSON.stringify(encodeSnapshots(sent).toString('base64'))) as string;
      expect(decoder.decode(Buffer.from(payload, 'base64'))).toEqual(sent);
    }),
  );
});

it('keeps the objects of shapes that are the same, and takes changed ones', () => {
  const decoder = new SnapshotDecoder();
  const descriptor = { name: 'a', help: 'a', type: 'counter', labelNames: ['x'] } as const;
  const one = { descriptor, labelRows: [['1']], values: Float64Array.of(1) };
  const [first] = decoder.decode(encodeSnapshots([one]));
  const [second] = decoder.decode(encodeSnapshots([{ ...one, values: Float64Array.of(2) }]));
  expect(second?.labelRows).toBe(first?.labelRows);
  expect(second?.values).toEqual(Float64Array.of(2));
  const more = { ...one, labelRows: [['1'], ['2']], values: Float64Array.of(2, 3) };
  expect(decoder.decode(encodeSnapshots([more]))[0]?.labelRows).toEqual([['1'], ['2']]);
});

it('refuses every damaged byte and every part of a snapshot', () => {
  fc.assert(
    fc.property(families, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, at, change) => {
      const bytes = encodeSnapshots(sent);
      const damaged = Buffer.from(bytes);
      const place = at % bytes.length;
      damaged[place] = (damaged[place] as number) ^ change;
      expect(() => decode(damaged)).toThrow(UnreadableSnapshotError);
      expect(() => decode(bytes.subarray(0, place))).toThrow(UnreadableSnapshotError);
    }),
  );
});

it('refuses whatever else comes, with an error of its own', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => decode(Buffer.from(bytes))).toThrow(UnreadableSnapshotError);
    }),
  );
});

it('refuses another version by its number', () => {
  const bytes = encodeSnapshots([]);
  bytes[3] = 1;
  expect(() => decode(bytes)).toThrow('A snapshot of metrics has the version 1; this process reads 2.');
});
