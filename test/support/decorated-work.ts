import { setTimeout as delay } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { concat, firstValueFrom, lastValueFrom, NEVER, type Observable, of, throwError } from 'rxjs';
import { Counted, InFlight, Timed } from '../../src/index.js';

export const FORMS = ['sync', 'async', 'observable', 'iterator'] as const;
export const ENDINGS = ['success', 'throw', 'cancel'] as const;
export type Form = (typeof FORMS)[number];
export type Ending = (typeof ENDINGS)[number];

/** Where our decorators stand among the others of a method. */
export const POSITIONS = ['above', 'below'] as const;
export type Position = (typeof POSITIONS)[number];

export class WorkError extends Error {}

/** `Event` is what WebSocket clients and event streams get; texts are what a file is made of. */
const EVENT = { event: 'work', data: 'some' };

const BEHAVIOURS: Readonly<Record<Form, Readonly<Record<Ending, () => unknown>>>> = {
  sync: {
    success: () => EVENT,
    throw: () => {
      throw new WorkError('on purpose');
    },
    cancel: () => EVENT,
  },
  async: {
    success: async () => delay(1, EVENT),
    throw: async () => {
      await delay(1);
      throw new WorkError('on purpose');
    },
    cancel: async () => delay(1, EVENT),
  },
  observable: {
    success: () => of(EVENT, EVENT),
    throw: () =>
      concat(
        of(EVENT),
        throwError(() => new WorkError('on purpose')),
      ),
    cancel: () => concat(of(EVENT), NEVER),
  },
  iterator: {
    success: async function* () {
      yield 'some ';
      yield 'more';
    },
    throw: async function* () {
      yield 'some ';
      await delay(1);
      throw new WorkError('on purpose');
    },
    cancel: async function* () {
      for (;;) {
        yield 'some ';
        await delay(1);
      }
    },
  },
};

export type Work = Readonly<Record<string, () => unknown>>;

export const methodOf = (form: Form, ending: Ending): string => `${form}_${ending}`;

/** Every cell of form × ending. */
export const CELLS = FORMS.flatMap((form) => ENDINGS.map((ending) => ({ form, ending })));

/** What must have been recorded of one class: nobody can leave what is returned at once, or promised. */
export const EXPECTED_OUTCOMES: Readonly<Record<string, number>> = Object.fromEntries(
  CELLS.map(({ form, ending }) => {
    const cancelled = ending === 'cancel' && (form === 'observable' || form === 'iterator');
    const outcome = ending === 'throw' ? 'error' : cancelled ? 'cancelled' : 'success';
    return [`${methodOf(form, ending)} ${outcome}`, 1];
  }),
);

/**
 * A class with a method for each cell, each with all three of our decorators above or below the others, as the
 * compiler would have applied them.
 */
export function createWorkClass(
  name: string,
  position: Position,
  others: (method: string, form: Form, ending: Ending) => readonly MethodDecorator[],
): Type<Work> {
  const created = { [name]: class {} }[name] as Type<Work>;
  for (const { form, ending } of CELLS) {
    const method = methodOf(form, ending);
    const ours = [Timed(), Counted(), InFlight()];
    const theirs = others(method, form, ending);
    const decorators = position === 'above' ? [...ours, ...theirs] : [...theirs, ...ours];
    decorate(created.prototype, method, BEHAVIOURS[form][ending], decorators);
  }
  return created;
}

/** Defines a method with decorators, from the uppermost to the lowest. */
export function decorate(
  target: object,
  name: string,
  value: unknown,
  decorators: readonly MethodDecorator[],
): void {
  let descriptor: PropertyDescriptor = { value, writable: true, configurable: true, enumerable: false };
  for (const decorator of decorators.toReversed()) {
    descriptor = (decorator(target, name, descriptor) as PropertyDescriptor | undefined) ?? descriptor;
  }
  Object.defineProperty(target, name, descriptor);
}

/** Does the work of one cell, to its end or as far as it takes to leave it. */
export async function consume(work: Work, form: Form, ending: Ending): Promise<void> {
  try {
    const result = work[methodOf(form, ending)]?.();
    if (form === 'observable') {
      await (ending === 'cancel' ? firstValueFrom : lastValueFrom)(result as Observable<unknown>);
    } else if (form === 'iterator') {
      for await (const step of result as AsyncIterable<unknown>) {
        if (ending === 'cancel' && step !== undefined) {
          break;
        }
      }
    } else {
      await result;
    }
  } catch (error) {
    if (!(error instanceof WorkError)) {
      throw error;
    }
  }
}
