import { constants, createGzip } from 'node:zlib';
import type { Exposition } from '../exposition/byte-writer.js';

/** Metrics shrink to less than a tenth at the lowest level already, in a quarter of the default level's time. */
const LEVEL = constants.Z_BEST_SPEED;
const CHUNK_BYTES = 64 * 1024;

/** The gzipped exposition. Compresses on libuv's thread pool, piece by piece. */
export async function gzip({ chunks }: Exposition): Promise<Exposition> {
  const stream = createGzip({ level: LEVEL, chunkSize: CHUNK_BYTES });
  for (const chunk of chunks) {
    stream.write(chunk);
  }
  stream.end();
  const compressed: Buffer[] = [];
  for await (const chunk of stream) {
    compressed.push(chunk as Buffer);
  }
  return { chunks: compressed, byteLength: compressed.reduce((sum, { length }) => sum + length, 0) };
}
