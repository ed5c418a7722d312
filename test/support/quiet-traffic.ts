import type { Random } from '../../sample/src/common/random.js';
import { type PlannedRequest, planRequest } from '../../sample/src/traffic/request-mix.js';

/** Routes of the bookshop that are slow, fail or repeat queries on purpose. */
const ON_PURPOSE = /^\/(faults|reports|reviews\/n-plus-one|database|books\.csv)/;

/** Parcels that the carrier of the bookshop does not answer, or with 503. */
const WITHOUT_ANSWER = /^\/orders\/\d*[89]\/delivery$/;

/** The bookshop's mix without what goes wrong on purpose. */
export function planQuietRequest(random: Random): PlannedRequest {
  for (;;) {
    const planned = planRequest(random);
    const { status, leaves, route, path } = planned;
    if (status < 499 && leaves === undefined && !ON_PURPOSE.test(route) && !WITHOUT_ANSWER.test(path)) {
      return planned;
    }
  }
}
