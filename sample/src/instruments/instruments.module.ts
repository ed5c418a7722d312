import { Module } from '@nestjs/common';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { CountedExamplesService } from './counted-examples.service.js';
import { CountedController } from './counted.controller.js';
import { booksPerGift, giftsWrappedTotal } from './gift-wrapping.metrics.js';
import { GiftWrappingService } from './gift-wrapping.service.js';
import { InFlightExamplesService } from './in-flight-examples.service.js';
import { InFlightController } from './in-flight.controller.js';
import { InjectMetricController } from './inject-metric.controller.js';
import { ScrapeService } from '../common/scrape.service.js';
import { TimedExamplesService } from './timed-examples.service.js';
import { TimedController } from './timed.controller.js';

/** A page for each decorator: it makes some calls, and shows what a scrape says of them. */
@Module({
  imports: [HyperMetricsModule.forFeature([giftsWrappedTotal, booksPerGift])],
  controllers: [TimedController, CountedController, InFlightController, InjectMetricController],
  providers: [
    ScrapeService,
    TimedExamplesService,
    CountedExamplesService,
    InFlightExamplesService,
    GiftWrappingService,
  ],
})
export class InstrumentsModule {}
