import { constants, createGzip } from 'node:zlib';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import { hasParts, PART_SUFFIXES } from '../core/family-snapshot.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { type Exposition, renderExposition } from '../exposition/render.js';
import type { ScrapeRequest } from './scrape-request.js';

/** The body of an answer. */
export interface ScrapeBody extends Exposition {
  readonly encoding: 'gzip' | 'identity';
}

/** Smaller bodies fit into one packet uncompressed. */
const COMPRESSED_FROM_BYTES = 1024;
/** The lowest level already shrinks metrics to a tenth, in a quarter of the default level's time. */
const LEVEL = constants.Z_BEST_SPEED;
const CHUNK_BYTES = 64 * 1024;

/** Gathers, renders and compresses. Concurrent scrapes share a gather, and equal ones share the body. */
export class SharedScrapes {
  private readonly inProgress = new Map<string, Promise<ScrapeBody>>();
  private readonly gathers = new Map<number | undefined, Promise<readonly FamilySnapshot[]>>();

  constructor(private readonly gatherer: Gatherer) {}

  /** Resolves to `undefined` when the client accepts no encoding. Rejects when gathering or rendering fails. */
  async body(request: ScrapeRequest): Promise<ScrapeBody | undefined> {
    const { gzip: zipped, identity } = request.encodings;
    if (zipped > 0 && zipped >= identity) {
      return this.compressed(request, identity > 0 ? COMPRESSED_FROM_BYTES : 0);
    }
    return identity > 0 ? this.plain(request) : undefined;
  }

  private compressed(request: ScrapeRequest, fromBytes: number): Promise<ScrapeBody> {
    return this.share(`gzip ${fromBytes}`, request, async () => {
      const plain = await this.plain(request);
      return plain.byteLength < fromBytes ? plain : { ...(await gzip(plain)), encoding: 'gzip' };
    });
  }

  private plain(request: ScrapeRequest): Promise<ScrapeBody> {
    return this.share('identity', request, async () => {
      const slices = new EventLoopSlices();
      const families = selectFamilies(request.names, await this.gather(request.withinMs));
      return { ...(await renderExposition(request.format, families, slices)), encoding: 'identity' };
    });
  }

  private gather(withinMs: number | undefined): Promise<readonly FamilySnapshot[]> {
    return shared(this.gathers, withinMs, () => this.gatherer.gather(withinMs));
  }

  private share(
    encoding: string,
    { format, names, withinMs }: ScrapeRequest,
    make: () => Promise<ScrapeBody>,
  ): Promise<ScrapeBody> {
    return shared(this.inProgress, JSON.stringify([encoding, format.contentType, names, withinMs]), make);
  }
}

/** Returns the promise of the key until it settles; makes a new one afterwards. */
function shared<K, V>(inProgress: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  let promise = inProgress.get(key);
  if (promise === undefined) {
    promise = make().finally(() => inProgress.delete(key));
    inProgress.set(key, promise);
  }
  return promise;
}

/** A name selects the whole family: its own name, or that of a sample (`…_bucket`). No names select all families. */
function selectFamilies(
  names: readonly string[],
  families: readonly FamilySnapshot[],
): readonly FamilySnapshot[] {
  const asked = new Set(names);
  const isAsked = ({ descriptor: { name, type } }: FamilySnapshot): boolean =>
    asked.has(name) || (hasParts(type) && PART_SUFFIXES.some((suffix) => asked.has(name + suffix)));
  return asked.size === 0 ? families : families.filter(isAsked);
}

/** Compresses on libuv's thread pool, chunk by chunk. */
async function gzip({ chunks }: Exposition): Promise<Exposition> {
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
