/**
 * Signals with the interface of `@preact/signals-core` that the SDK uses, in a third of its size.
 * A computed value is evaluated when it is read and kept while nothing it read has changed; it listens
 * to its sources only while somebody listens to it. Effects run after the outermost batch.
 */

interface Observer {
  /** A source may have changed. */
  stale(): void;
}

const RUNS_LIMIT = 100;

let reader: Sources | undefined;
let batches = 0;
let clockTick = 0;
const waiting = new Set<Effect>();

export class Signal<T> {
  version = 0;
  protected current: T;
  protected readonly observers = new Set<Observer>();

  constructor(value: T) {
    this.current = value;
  }

  get value(): T {
    this.refresh();
    reader?.add(this);
    return this.current;
  }

  set value(value: T) {
    if (value === this.current) return;
    this.current = value;
    this.version += 1;
    clockTick += 1;
    batch(() => this.tell());
  }

  peek(): T {
    this.refresh();
    return this.current;
  }

  subscribe(listener: (value: T) => void): () => void {
    return effect(() => {
      const value = this.value;
      untracked(() => listener(value));
    });
  }

  refresh(): void {}

  observe(observer: Observer): void {
    this.observers.add(observer);
  }

  ignore(observer: Observer): void {
    this.observers.delete(observer);
  }

  protected tell(): void {
    for (const observer of [...this.observers]) observer.stale();
  }
}

/** What a computation read, and in which state. */
class Sources {
  #versions = new Map<Signal<unknown>, number>();

  add(source: Signal<unknown>): void {
    this.#versions.set(source, source.version);
  }

  changed(): boolean {
    for (const [source, version] of this.#versions) {
      source.refresh();
      if (source.version !== version) return true;
    }
    return false;
  }

  /** Runs `read` and remembers what it read; `observer` then listens to just that. */
  track<T>(read: () => T, observer: Observer | null): T {
    const before = this.#versions;
    const outer = reader;
    this.#versions = new Map();
    reader = this;
    try {
      return read();
    } finally {
      reader = outer;
      if (observer) {
        for (const source of this.#versions.keys()) source.observe(observer);
        for (const source of before.keys()) if (!this.#versions.has(source)) source.ignore(observer);
        // What changed before it was listened to would go unnoticed.
        if (this.changed()) observer.stale();
      }
    }
  }

  listen(observer: Observer, on: boolean): void {
    for (const source of this.#versions.keys()) {
      if (on) source.observe(observer);
      else source.ignore(observer);
    }
  }
}

class Computed<T> extends Signal<T> implements Observer {
  readonly #read: () => T;
  readonly #sources = new Sources();
  #fresh = false;
  #checkedAt = -1;

  constructor(read: () => T) {
    super(undefined as T);
    this.#read = read;
  }

  override refresh(): void {
    const observed = this.observers.size > 0;
    if (this.#fresh && observed) return;
    if (this.#checkedAt === clockTick) return;
    if (this.version === 0 || this.#sources.changed()) {
      const value = this.#sources.track(this.#read, observed ? this : null);
      if (this.version === 0 || value !== this.current) {
        this.current = value;
        this.version += 1;
      }
    }
    this.#fresh = true;
    this.#checkedAt = clockTick;
  }

  stale(): void {
    if (!this.#fresh) return;
    this.#fresh = false;
    this.tell();
  }

  override observe(observer: Observer): void {
    if (this.observers.size === 0) {
      this.#sources.listen(this, true);
      this.#fresh = this.#checkedAt === clockTick;
    }
    super.observe(observer);
  }

  override ignore(observer: Observer): void {
    super.ignore(observer);
    if (this.observers.size === 0) this.#sources.listen(this, false);
  }
}

class Effect implements Observer {
  readonly #run: () => void;
  readonly #sources = new Sources();
  #ended = false;

  constructor(run: () => void) {
    this.#run = run;
    this.run();
  }

  stale(): void {
    waiting.add(this);
  }

  runIfChanged(): void {
    if (!this.#ended && this.#sources.changed()) this.run();
  }

  run(): void {
    batch(() => this.#sources.track(this.#run, this));
    if (this.#ended) this.#sources.listen(this, false);
  }

  end(): void {
    this.#ended = true;
    this.#sources.listen(this, false);
  }
}

export type ReadonlySignal<T> = Signal<T>;

export function signal<T>(value: T): Signal<T> {
  return new Signal(value);
}

export function computed<T>(read: () => T): Signal<T> {
  return new Computed(read);
}

export function effect(run: () => void): () => void {
  const made = new Effect(run);
  return () => made.end();
}

export function batch<T>(change: () => T): T {
  batches += 1;
  try {
    return change();
  } finally {
    try {
      if (batches === 1) settle();
    } finally {
      batches -= 1;
    }
  }
}

export function untracked<T>(read: () => T): T {
  const outer = reader;
  reader = undefined;
  try {
    return read();
  } finally {
    reader = outer;
  }
}

function settle(): void {
  const failures: unknown[] = [];
  for (let round = 0; waiting.size > 0; round += 1) {
    const due = [...waiting];
    waiting.clear();
    if (round > RUNS_LIMIT) throw new Error('effects change what they read without end');
    for (const each of due) {
      try {
        each.runIfChanged();
      } catch (error) {
        // One effect that fails must not keep the others from running.
        failures.push(error);
      }
    }
  }
  if (failures.length > 0) throw failures[0];
}
