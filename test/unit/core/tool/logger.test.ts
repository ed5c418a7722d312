import { describe, expect, it, vi } from 'vitest';
import { safeLogger } from '../../../../src/core/tool/logger.js';

describe('safeLogger', () => {
  it('passes messages on by level', () => {
    const logger = { log: vi.fn(), warn: vi.fn(), debug: vi.fn() };
    const safe = safeLogger(logger);
    safe.log('one');
    safe.warn('two');
    safe.debug('three');
    expect([logger.log, logger.warn, logger.debug].map(({ mock }) => mock.calls)).toEqual([
      [['one']],
      [['two']],
      [['three']],
    ]);
  });

  it('does not throw when the logger does, or has no debug level', () => {
    const fail = vi.fn(() => {
      throw new Error('The disk is full.');
    });
    const safe = safeLogger({ log: fail, warn: fail });
    safe.log('one');
    safe.warn('two');
    safe.debug('three');
    expect(fail).toHaveBeenCalledTimes(2);
  });
});
