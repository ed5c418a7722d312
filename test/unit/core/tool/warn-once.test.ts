import { describe, expect, it, vi } from 'vitest';
import { WarnOnce } from '../../../../src/core/tool/warn-once.js';

describe('WarnOnce', () => {
  it('warns the first time and logs on debug level afterwards', () => {
    const logger = { log: vi.fn(), warn: vi.fn(), debug: vi.fn() };
    const faults = new WarnOnce(logger, 'A request could not be recorded');
    faults.report(new Error('first'));
    faults.report('second');
    faults.report(new Error('third'));
    expect(logger.warn.mock.calls).toEqual([
      ['A request could not be recorded: first (further ones are logged on debug level)'],
    ]);
    expect(logger.debug.mock.calls).toEqual([
      ['A request could not be recorded: second'],
      ['A request could not be recorded: third'],
    ]);
    expect(logger.log).not.toHaveBeenCalled();
  });

  it('does without a debug level', () => {
    const logger = { log: vi.fn(), warn: vi.fn() };
    const faults = new WarnOnce(logger, 'Fault');
    faults.report(1);
    faults.report(2);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('does not throw on an error that cannot be read', () => {
    const logger = { log: vi.fn(), warn: vi.fn() };
    const hostile = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('No.');
      },
    });
    new WarnOnce(logger, 'Fault').report(hostile);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });
});
