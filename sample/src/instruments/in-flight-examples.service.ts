import { Injectable } from '@nestjs/common';
import { InFlight } from 'nestjs-hyper-metrics';

@Injectable()
export class InFlightExamplesService {
  /** In flight for as long as the errand takes. */
  @InFlight()
  runs<Result>(errand: () => Promise<Result>): Promise<Result> {
    return errand();
  }
}
