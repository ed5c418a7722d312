import { Controller, Get } from '@nestjs/common';
import { GiftWrappingService } from './gift-wrapping.service.js';
import type { InstrumentPage } from './instrument-page.js';
import { ScrapeService } from '../common/scrape.service.js';

const SERIES = /^bookshop_(gifts_wrapped_total|books_per_gift_)/;

@Controller('instruments/inject-metric')
export class InjectMetricController {
  constructor(
    private readonly giftWrapping: GiftWrappingService,
    private readonly scrape: ScrapeService,
  ) {}

  @Get()
  async show(): Promise<InstrumentPage> {
    const { giftWrapping } = this;
    const called = {
      "wrap(1, 'plain')": giftWrapping.wrap(1, 'plain'),
      "wrap(3, 'golden')": giftWrapping.wrap(3, 'golden'),
    };
    return { called, scraped: await this.scrape.lines(SERIES) };
  }
}
