import type { Random } from '../../sample/src/common/random.js';
import { type PlannedRequest, planRequest } from '../../sample/src/traffic/request-mix.js';

/** Routes of the bookshop that are slow, fail or repeat queries on purpose. */
const ON_PURPOSE = /^\/(faults|reports|reviews\/n-plus-one|database|books\.csv)/;

/** The bookshop's mix without what goes wrong on purpose. */
export function planQuietRequest(random: Random): PlannedRequest {
  for (;;) {
    const planned = planRequest(random);
    if (planned.status < 499 && planned.leaves === undefined && !ON_PURPOSE.test(planned.route))
      return planned;
  }
}
