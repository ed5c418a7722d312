import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import type { Exposition } from '../exposition/byte-writer.js';
import type { ExpositionFormat } from '../exposition/exposition-format.js';
import { renderExposition } from '../exposition/render.js';
import { gzip } from './compress.js';
import type { AcceptedEncodings } from './negotiate.js';
import { selectFamilies } from './requested-names.js';

/** What a scrape wants to be answered. */
export interface ScrapeRequest {
  readonly format: ExpositionFormat;
  /** All families when empty. */
  readonly names: readonly string[];
  readonly encodings: AcceptedEncodings;
  /** How long it can wait for what is read. `undefined`: as long as is set. */
  readonly withinMs: number | undefined;
}

/** The body of an answer. */
export interface ScrapeBody extends Exposition {
  readonly encoding: 'gzip' | 'identity';
}

/** Smaller answers fit into one packet as they are. */
const COMPRESSED_FROM_BYTES = 1024;

/**
 * Gathers, renders and compresses. Scrapes that want the same while it is being made share it, so that no bytes are
 * made twice at once.
 */
export class SharedScrapes {
  private readonly inProgress = new Map<string, Promise<ScrapeBody>>();
  private readonly gathers = new Map<number | undefined, Promise<readonly FamilySnapshot[]>>();

  constructor(private readonly gatherer: Gatherer) {}

  /** `undefined` when the client accepts no coding that there is. Rejects when nothing can be gathered or rendered. */
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
    let gathering = this.gathers.get(withinMs);
    if (gathering === undefined) {
      gathering = this.gatherer.gather(withinMs).finally(() => this.gathers.delete(withinMs));
      this.gathers.set(withinMs, gathering);
    }
    return gathering;
  }

  private share(
    coding: string,
    { format, names, withinMs }: ScrapeRequest,
    make: () => Promise<ScrapeBody>,
  ): Promise<ScrapeBody> {
    const key = JSON.stringify([coding, format.contentType, names, withinMs]);
    let body = this.inProgress.get(key);
    if (body === undefined) {
      body = make().finally(() => this.inProgress.delete(key));
      this.inProgress.set(key, body);
    }
    return body;
  }
}
