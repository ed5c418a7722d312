import { Controller, Get } from '@nestjs/common';
import { InFlightExamplesService } from './in-flight-examples.service.js';
import { ScrapeService } from '../common/scrape.service.js';

const SERIES = /^hyperdjango_method_in_flight\{class="InFlightExamplesService"/;

/** What was called, and lines of three scrapes. */
export interface InFlightPage {
  readonly called: string;
  readonly before: readonly string[];
  /** While one call waits for another, and that one for the scrape. */
  readonly during: readonly string[];
  readonly after: readonly string[];
}

@Controller('instruments/in-flight')
export class InFlightController {
  constructor(
    private readonly examples: InFlightExamplesService,
    private readonly scrape: ScrapeService,
  ) {}

  @Get()
  async show(): Promise<InFlightPage> {
    const { examples } = this;
    const look = (): Promise<string[]> => this.scrape.lines(SERIES);
    return {
      called: 'await runs(() => runs(scrape))',
      before: await look(),
      during: await examples.runs(() => examples.runs(look)),
      after: await look(),
    };
  }
}
