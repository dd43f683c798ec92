import { redraw, type Instance, type Scope } from './vdom.ts';

interface Hook {
  state?: unknown;
  set?: (value: unknown) => void;
  dependencies?: readonly unknown[] | undefined;
  cleanup?: (() => void) | void;
}
export type Hooks = Hook[];

let current: Instance | undefined;
let index = 0;
let dirty: Instance[] = [];
let layoutEffects: (() => void)[] = [];
let effects: (() => void)[] = [];

export function beginHooks(instance: Instance): void {
  current = instance;
  index = 0;
}

export function endHooks(): void {
  current = undefined;
}

export function endOfLife(hooks: Hooks): void {
  for (const hook of hooks) hook.cleanup?.();
}

/** Once the whole change is on the page; what they change in turn is drawn before the browser paints. */
export function runLayoutEffects(): void {
  const due = layoutEffects;
  layoutEffects = [];
  for (const run of due) run();
  if (effects.length > 0) setTimeout(runEffects);
}

function runEffects(): void {
  const due = effects;
  effects = [];
  for (const run of due) run();
}

function drawDirty(): void {
  // Effects of the last drawing come before the next one.
  runEffects();
  // A parent may draw its children: they are then no longer due.
  const due = dirty.sort((a, b) => a.depth - b.depth);
  dirty = [];
  for (const instance of due) {
    try {
      redraw(instance);
    } catch (error) {
      // What one component cannot draw must not stop the others.
      reportError(error);
    }
  }
  runLayoutEffects();
}

function next(): [hook: Hook, instance: Instance] {
  if (!current) throw new Error('a hook was called outside a component');
  return [(current.hooks[index++] ??= {}), current];
}

function changed(hook: Hook, dependencies: readonly unknown[] | undefined): boolean {
  const before = hook.dependencies;
  hook.dependencies = dependencies;
  return !before || !dependencies || dependencies.some((value, i) => !Object.is(value, before[i]));
}

export function useState<T>(initial: T | (() => T)): [T, (value: T | ((before: T) => T)) => void] {
  const [hook, instance] = next();
  if (!hook.set) {
    hook.state = typeof initial === 'function' ? (initial as () => T)() : initial;
    hook.set = (value) => {
      const state: unknown = typeof value === 'function' ? (value as (before: unknown) => unknown)(hook.state) : value;
      if (Object.is(state, hook.state)) return;
      hook.state = state;
      if (instance.dirty) return;
      instance.dirty = true;
      if (dirty.push(instance) === 1) queueMicrotask(drawDirty);
    };
  }
  return [hook.state as T, hook.set as (value: T | ((before: T) => T)) => void];
}

export function useMemo<T>(make: () => T, dependencies: readonly unknown[]): T {
  const [hook] = next();
  if (changed(hook, dependencies)) hook.state = make();
  return hook.state as T;
}

export function useRef<T>(initial: T): { current: T } {
  return useMemo(() => ({ current: initial }), []);
}

export function useCallback<T>(callback: T, dependencies: readonly unknown[]): T {
  return useMemo(() => callback, dependencies);
}

function useLater(queue: () => (() => void)[], run: () => void | (() => void), dependencies?: readonly unknown[]): void {
  const [hook, instance] = next();
  if (!changed(hook, dependencies)) return;
  queue().push(() => {
    if (instance.gone) return;
    hook.cleanup?.();
    hook.cleanup = run();
  });
}

export function useLayoutEffect(run: () => void | (() => void), dependencies?: readonly unknown[]): void {
  useLater(() => layoutEffects, run, dependencies);
}

export function useEffect(run: () => void | (() => void), dependencies?: readonly unknown[]): void {
  useLater(() => effects, run, dependencies);
}

interface Context<T> {
  initial: T;
  Provider: (props: { value: T; children?: unknown }) => unknown;
}

export function createContext<T>(initial: T): Context<T> {
  const context: Context<T> = {
    initial,
    Provider: ({ value, children }) => {
      current!.scope = new Map<object, unknown>(current!.scope).set(context, value);
      return children;
    },
  };
  return context;
}

export function useContext<T>(context: Context<T>): T {
  const scope: Scope = current!.scope;
  return scope.has(context) ? (scope.get(context) as T) : context.initial;
}
