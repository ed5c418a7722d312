import { rmSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { type Exposition, readExposition } from './exposition.js';
import { cleanSamples, type DatabaseServer, makeTemporaryPath, SampleProcess } from './sample-process.js';

const START_TIMEOUT_MS = 180_000;

/** A running bookshop without traffic. */
export class Bookshop {
  sample!: SampleProcess;
  database!: DatabaseServer;

  readonly request = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${this.sample.url}${path}`, init);

  readonly readJson = async <Body = unknown>(path: string): Promise<Body> =>
    (await this.request(path)).json() as Promise<Body>;

  readonly readMetrics = async (): Promise<string> => (await this.request('/metrics')).text();

  readonly scrape = async (): Promise<Exposition> => readExposition(await this.readMetrics());
}

/** Starts a bookshop before the tests of a `describe`, and stops it after them. */
export function useBookshop(platform: string): Bookshop {
  const shop = new Bookshop();
  let temporaryPath: string;
  beforeAll(async () => {
    temporaryPath = makeTemporaryPath();
    shop.sample = await SampleProcess.start({
      temporaryPath,
      environment: { PLATFORM: platform, TRAFFIC: 'off' },
    });
    shop.database = await shop.sample.waitUntilServing();
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await cleanSamples();
    rmSync(temporaryPath, { recursive: true, force: true, maxRetries: 5 });
  });
  return shop;
}
