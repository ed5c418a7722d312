// The measured classes: the same three no-op methods, recorded in different ways. `promise` is one that returns a promise
// without being asynchronous.
//
// `decorated-class.mjs` imports this file several times under different URLs, which gives several sets of functions
// that have nothing in common for V8, as classes of an application have nothing in common.
import 'reflect-metadata';
import { Counted, InFlight, Timed } from 'nestjs-hyper-metrics';

/** What the decorators' syntax would compile to: the last one is applied first. */
function decorate(target, ...decorators) {
  for (const method of ['sync', 'async', 'promise']) {
    for (const decorator of decorators.toReversed()) {
      const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method);
      decorator(target.prototype, method, descriptor);
      Object.defineProperty(target.prototype, method, descriptor);
    }
  }
}

export class Undecorated {
  sync() {}
  async async() {}
  promise() {
    return Promise.resolve();
  }
}

export class WithTimed {
  sync() {}
  async async() {}
  promise() {
    return Promise.resolve();
  }
}
decorate(WithTimed, Timed());

export class WithCounted {
  sync() {}
  async async() {}
  promise() {
    return Promise.resolve();
  }
}
decorate(WithCounted, Counted());

export class WithInFlight {
  sync() {}
  async async() {}
  promise() {
    return Promise.resolve();
  }
}
decorate(WithInFlight, InFlight());

export class WithAll {
  sync() {}
  async async() {}
  promise() {
    return Promise.resolve();
  }
}
decorate(WithAll, Timed(), Counted(), InFlight());

/** A timer written into the methods, with a child that was kept: of this library's histogram, or of prom-client's. */
export class WithKeptChild {
  constructor(child) {
    this.child = child;
  }
  sync() {
    const end = this.child.startTimer();
    try {
      // The work.
    } finally {
      end();
    }
  }
  async async() {
    const end = this.child.startTimer();
    try {
      // The work, which awaits nothing.
    } finally {
      end();
    }
  }
  promise() {
    const end = this.child.startTimer();
    return Promise.resolve().finally(end);
  }
}

/** A timer written around methods that are left alone, which is what a decorator does. */
export class AroundKeptChild {
  constructor(child) {
    this.child = child;
  }
  syncWork() {}
  async asyncWork() {}
  promiseWork() {
    return Promise.resolve();
  }
  sync() {
    const end = this.child.startTimer();
    try {
      return this.syncWork();
    } finally {
      end();
    }
  }
  async async() {
    const end = this.child.startTimer();
    try {
      return await this.asyncWork();
    } finally {
      end();
    }
  }
  promise() {
    const end = this.child.startTimer();
    return this.promiseWork().finally(end);
  }
}

/** As people write it: labels that are known at the start, and the outcome at the end. */
export class WithLabels {
  constructor(histogram) {
    this.histogram = histogram;
  }
  sync() {
    const end = this.histogram.startTimer({ class: 'WithLabels', method: 'sync' });
    try {
      // The work.
      end({ outcome: 'success' });
    } catch (error) {
      end({ outcome: 'error' });
      throw error;
    }
  }
  async async() {
    const end = this.histogram.startTimer({ class: 'WithLabels', method: 'async' });
    try {
      // The work, which awaits nothing.
      end({ outcome: 'success' });
    } catch (error) {
      end({ outcome: 'error' });
      throw error;
    }
  }
  promise() {
    const end = this.histogram.startTimer({ class: 'WithLabels', method: 'promise' });
    return Promise.resolve().then(
      (value) => {
        end({ outcome: 'success' });
        return value;
      },
      (error) => {
        end({ outcome: 'error' });
        throw error;
      },
    );
  }
}
