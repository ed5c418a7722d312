import type { Follow, SourceSet } from './source-set.js';

/** What is done with sources for as long as something is switched on, again and again. */
export class SwitchedSources {
  private readonly follows = new Map<Follow, () => void>();
  private isSwitchedOn = false;

  constructor(readonly sources: SourceSet) {}

  get isOn(): boolean {
    return this.isSwitchedOn;
  }

  switchOn(): void {
    if (!this.isSwitchedOn) {
      this.isSwitchedOn = true;
      for (const follow of this.follows.keys()) {
        this.follows.set(follow, this.sources.follow(follow));
      }
    }
  }

  switchOff(): void {
    if (this.isSwitchedOn) {
      this.isSwitchedOn = false;
      this.follows.forEach((unfollow) => unfollow());
    }
  }

  /** Calling the result ends it for good. */
  whileOn(follow: Follow): () => void {
    // Each call counts for itself.
    const own: Follow = (source) => follow(source);
    this.follows.set(own, this.isSwitchedOn ? this.sources.follow(own) : () => {});
    return () => {
      const unfollow = this.follows.get(own);
      this.follows.delete(own);
      unfollow?.();
    };
  }
}
