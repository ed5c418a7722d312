import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { LiveFeed } from './live-feed.js';
import { LiveSampler, type SamplerOptions } from './live-sampler.js';
import { PAGE } from './page-document.js';

/** The page, ready to be sent. */
export interface PageDocument {
  readonly body: Buffer;
  readonly gzipped: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The live page of one application: its document, its history and its feed. */
export class LivePage {
  readonly document = createDocument(PAGE);
  private readonly sampler: LiveSampler;
  private readonly feed: LiveFeed;

  constructor(options: SamplerOptions) {
    this.sampler = new LiveSampler(options);
    this.feed = new LiveFeed(this.sampler);
  }

  /** Begins the history. */
  start(): void {
    this.sampler.start();
  }

  /** Ends all feeds, and the history. Idempotent. */
  stop(): void {
    this.feed.end();
    this.sampler.stop();
  }

  /** Sends the feed on a response. Returns the reason if it does not. */
  follow(
    request: IncomingMessage,
    response: ServerResponse,
    lastEventId: string | undefined,
  ): string | undefined {
    return this.feed.add(request, response, lastEventId);
  }
}

/** @param html - a document whose scripts and styles are all in it */
function createDocument(html: string): PageDocument {
  const body = Buffer.from(html);
  return {
    body,
    gzipped: gzipSync(body),
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': [
        "default-src 'none'",
        `script-src ${hashesOf('script', html)}`,
        `style-src ${hashesOf('style', html)}`,
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
  };
}

/** Returns the sources of a policy that allow the elements of this name, and no others. */
function hashesOf(element: 'script' | 'style', html: string): string {
  const contents = html.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`, 'g'));
  return Array.from(
    contents,
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  ).join(' ');
}
