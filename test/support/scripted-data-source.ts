import { setTimeout as delay } from 'node:timers/promises';
import type { DataSourceLike } from '../../src/index.js';

/** A data source without a database: `query()` answers as the text says. */
export interface ScriptedDataSource extends DataSourceLike {
  /** `FAIL` rejects, `HANG` never answers, `WAIT 20` answers after 20 ms; any other text at once. */
  readonly query: (text: string) => Promise<unknown>;
}

export function scriptedDataSource(): ScriptedDataSource {
  const driver = {
    createQueryRunner: () => ({
      query: async (text: string): Promise<unknown> => {
        if (text.startsWith('FAIL')) throw new Error('It failed.');
        if (text.startsWith('HANG')) return new Promise(() => {});
        if (text.startsWith('WAIT')) await delay(Number(text.slice('WAIT '.length)));
        return [];
      },
      stream: () => Promise.reject(new Error('There is no stream.')),
    }),
  };
  return {
    isInitialized: true,
    driver,
    createQueryRunner: () => driver.createQueryRunner(),
    // A getter: the test calls the runner's function, so that the call is on the line of the test.
    get query() {
      return driver.createQueryRunner().query;
    },
  };
}
