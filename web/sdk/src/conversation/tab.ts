import { browserLocks, uuid, type TabLocks } from '../env.ts';

/**
 * This page's life, as other tabs can see it: what a tab left unsent is taken over
 * by another one when, and only when, it has ended.
 */
export class Tab {
  readonly id: string;
  readonly locks: TabLocks;
  readonly #held: { release(): void };

  constructor(locks: TabLocks = browserLocks(), id: string = uuid()) {
    this.id = id;
    this.locks = locks;
    this.#held = locks.hold(Tab.lock(id));
  }

  static lock(id: string): string {
    return `guichet:tab:${id}`;
  }

  end(): void {
    this.#held.release();
  }
}

let page: Tab | undefined;

/** The tab of the running page. */
export function pageTab(): Tab {
  page ??= new Tab();
  return page;
}
