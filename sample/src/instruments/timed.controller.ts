import { Controller, Get } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import type { InstrumentPage } from './instrument-page.js';
import { ScrapeService } from '../common/scrape.service.js';
import { TimedExamplesService } from './timed-examples.service.js';

/** Without the buckets of the default family, which would hide the rest. */
const SERIES =
  /^(hyperdjango_method_duration_seconds_(sum|count)\{class="TimedExamplesService"|bookshop_parcel_packing_seconds_)/;

@Controller('instruments/timed')
export class TimedController {
  constructor(
    private readonly examples: TimedExamplesService,
    private readonly scrape: ScrapeService,
  ) {}

  @Get()
  async show(): Promise<InstrumentPage> {
    const { examples } = this;
    const called = {
      'returns()': examples.returns(),
      'await resolves()': await examples.resolves(),
      'await rejects()': await examples.rejects().catch((error: Error) => error.message),
      'await lastValueFrom(emits())': await lastValueFrom(examples.emits()),
      'for await (const value of yields()) last = value': await lastOf(examples.yields()),
      'for await (const value of yields()) break': await firstOf(examples.yields()),
      'await packs(1)': await examples.packs(1),
      'await packs(12)': await examples.packs(12),
    };
    return { called, scraped: await this.scrape.lines(SERIES) };
  }
}

async function lastOf<Value>(values: AsyncIterable<Value>): Promise<Value | undefined> {
  let last: Value | undefined;
  for await (const value of values) last = value;
  return last;
}

async function firstOf<Value>(values: AsyncIterable<Value>): Promise<Value | undefined> {
  for await (const value of values) return value;
  return undefined;
}
