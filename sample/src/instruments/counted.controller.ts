import { Controller, Get } from '@nestjs/common';
import { CountedExamplesService } from './counted-examples.service.js';
import type { InstrumentPage } from './instrument-page.js';
import { ScrapeService } from '../common/scrape.service.js';

const SERIES = /^hyperdjango_method_calls_total\{class="CountedExamplesService"/;

@Controller('instruments/counted')
export class CountedController {
  constructor(
    private readonly examples: CountedExamplesService,
    private readonly scrape: ScrapeService,
  ) {}

  @Get()
  async show(): Promise<InstrumentPage> {
    const { examples } = this;
    const called = {
      'halves(8)': examples.halves(8),
      'halves(7)': messageOf(() => examples.halves(7)),
      'halvesAgain(8)': examples.halvesAgain(8),
      'halvesAgain(7)': messageOf(() => examples.halvesAgain(7)),
    };
    return { called, scraped: await this.scrape.lines(SERIES) };
  }
}

function messageOf(fail: () => unknown): unknown {
  try {
    return fail();
  } catch (error) {
    return (error as Error).message;
  }
}
