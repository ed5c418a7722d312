import { statelessPatterns } from '../../core/tool/stateless-patterns.js';
import { workName } from '../source/work-name.js';
import { printable, shownStatement } from '../sql/shown-statement.js';
import { WARNING_LENGTH } from './n-plus-one-report.js';
import type { RepeatedRead } from './scope-queries.js';

/** Maximum length of a statement in an `NPlusOneError`. */
export const ERROR_LENGTH = 1000;

/** The rules of `performance.nPlusOneIgnore`: which routes and statements may repeat reads. */
export class NPlusOneExemptions {
  private readonly names: ReadonlySet<string>;
  private readonly patterns: readonly RegExp[];

  constructor(private readonly rules: readonly (string | RegExp)[]) {
    this.names = new Set(rules.filter((rule) => typeof rule === 'string'));
    this.patterns = statelessPatterns(rules);
  }

  /**
   * Returns the reads of a unit of work that no rule exempts.
   *
   * @param method - the method of a request
   */
  without(
    reads: readonly RepeatedRead[],
    route: string,
    method: string | undefined,
  ): readonly RepeatedRead[] {
    if (reads.length === 0 || this.rules.length === 0) {
      return reads;
    }
    const work = [route, workName(route, method)];
    return this.isExempt(work)
      ? []
      : reads.filter(({ fingerprint }) => !this.isExempt(shownForms(fingerprint)));
  }

  private isExempt(texts: readonly string[]): boolean {
    return texts.some((text) => this.names.has(text) || this.patterns.some((pattern) => pattern.test(text)));
  }
}

/** The forms in which statistics, warnings and errors show a statement, so that it can be copied from any of them. */
function shownForms(fingerprint: string): readonly string[] {
  return [
    printable(fingerprint),
    shownStatement(fingerprint, WARNING_LENGTH),
    shownStatement(fingerprint, ERROR_LENGTH),
  ];
}
