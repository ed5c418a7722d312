import { Injectable } from '@nestjs/common';
import { Counted } from 'nestjs-hyper-metrics';

/** One method, counted in two ways. */
@Injectable()
export class CountedExamplesService {
  @Counted()
  halves(copies: number): number {
    return half(copies);
  }

  /** Its successes are not counted, and not exported at 0 either. */
  @Counted({ recordFailuresOnly: true })
  halvesAgain(copies: number): number {
    return half(copies);
  }
}

function half(copies: number): number {
  if (copies % 2 !== 0) throw new Error(`${copies} copies have no half.`);
  return copies / 2;
}
