/**
 * The part of Preact that the widget and the shared components use: function components, hooks, context,
 * keyed lists. It keeps no class components, no hydration, no suspense, and fits the widget's size.
 */
import { beginHooks, endHooks, endOfLife, runLayoutEffects, type Hooks } from './hooks.ts';

type Component = (props: Props) => unknown;
type Props = Record<string, unknown> & { children?: unknown };
type Type = string | Component | null;
export type Scope = ReadonlyMap<object, unknown>;

/** What to show; once shown, also where it is. `type` null is text. */
export interface VNode {
  type: Type;
  props: Props;
  key: unknown;
  dom?: Element | Text;
  children?: VNode[];
  instance?: Instance;
}

/** A component that is shown. */
export interface Instance {
  node: VNode;
  parent: Element | ShadowRoot;
  svg: boolean;
  scope: Scope;
  depth: number;
  hooks: Hooks;
  dirty: boolean;
  gone: boolean;
}

interface Place {
  parent: Element | ShadowRoot;
  svg: boolean;
  scope: Scope;
  depth: number;
}

const SVG = 'http://www.w3.org/2000/svg';
/** Properties that mean something else when they are set empty. */
const AS_ATTRIBUTE = new Set(['class', 'role', 'tabIndex', 'list', 'form', 'href', 'width', 'height', 'start', 'maxLength']);

export function Fragment(props: Props): unknown {
  return props.children;
}

export function jsx(type: Type, props: Props, key?: unknown): VNode {
  return { type, props, key };
}

const roots = new WeakMap<object, VNode[]>();

/** Shows `node` in `parent`, in place of what was shown there before. */
export function render(node: unknown, parent: Element | ShadowRoot): void {
  const before = roots.get(parent) ?? [];
  roots.set(parent, reconcile({ parent, svg: false, scope: new Map(), depth: 0 }, before, listOf(node), null));
  runLayoutEffects();
}

/** Draws a component again whose state changed. */
export function redraw(instance: Instance): void {
  if (instance.gone || !instance.dirty) return;
  const { node, parent, svg, scope, depth } = instance;
  drawComponent(node, instance, { parent, svg, scope, depth }, endOf(node).nextSibling);
}

/** Every node stands for at least one DOM node, an empty text if there is nothing: places never get lost. */
function listOf(output: unknown): VNode[] {
  const list: VNode[] = [];
  const add = (value: unknown) => {
    if (Array.isArray(value)) list.push({ type: Fragment, props: { children: value }, key: undefined });
    else if (typeof value === 'object' && value !== null) list.push(value as VNode);
    else list.push({ type: null, props: { text: value == null || typeof value === 'boolean' ? '' : String(value) }, key: undefined });
  };
  if (Array.isArray(output)) for (const value of output) add(value);
  else add(output);
  if (list.length === 0) add('');
  return list;
}

function reconcile(place: Place, before: VNode[], next: VNode[], end: Node | null): VNode[] {
  const nameOf = (node: VNode, index: number) => (node.key === undefined ? index : `key ${String(node.key)}`);
  const known = new Map<unknown, VNode>();
  // A name that is there twice belongs to the first; the second is made anew each time.
  before.forEach((node, index) => known.set(known.has(nameOf(node, index)) ? node : nameOf(node, index), node));
  const matches = next.map((node, index) => {
    const name = nameOf(node, index);
    const old = known.get(name);
    if (old?.type !== node.type) return undefined;
    known.delete(name);
    return old;
  });
  for (const node of known.values()) remove(node, true);
  // What stands where it should is not touched, so that it keeps focus, scroll and animations.
  const first = before.find((node) => matches.includes(node));
  let cursor = first ? startOf(first) : end;
  return next.map((node, index) => {
    const old = matches[index];
    if (!old) return create(place, node, cursor);
    const stands = startOf(old) === cursor;
    update(place, old, node);
    if (stands) cursor = endOf(old).nextSibling;
    else for (const dom of domOf(old)) place.parent.insertBefore(dom, cursor);
    return old;
  });
}

function create(place: Place, given: VNode, end: Node | null): VNode {
  // One element may be shown in two places: each has a node of its own.
  const node: VNode = { type: given.type, props: given.props, key: given.key };
  if (typeof node.type === 'function') {
    const instance: Instance = { ...place, node, hooks: [], dirty: true, gone: false };
    drawComponent(node, (node.instance = instance), place, end);
    return node;
  }
  const svg = place.svg || node.type === 'svg';
  const dom = node.type === null ? document.createTextNode(node.props.text as string) : svg ? document.createElementNS(SVG, node.type) : document.createElement(node.type);
  node.dom = dom;
  if (dom instanceof Element) {
    node.children = drawChildren(place, dom, svg, [], node.props);
    setProps(dom, {}, node.props, svg);
    setRef(node.props.ref, dom);
  }
  place.parent.insertBefore(dom, end);
  return node;
}

function update(place: Place, old: VNode, next: VNode): void {
  const before = old.props;
  if (before === next.props) return;
  old.props = next.props;
  const { dom } = old;
  if (old.instance) {
    drawComponent(old, old.instance, place, endOf(old).nextSibling);
  } else if (dom instanceof Element) {
    const svg = place.svg || old.type === 'svg';
    old.children = drawChildren(place, dom, svg, old.children!, next.props);
    setProps(dom, before, next.props, svg);
    if (before.ref !== next.props.ref) {
      setRef(before.ref, null);
      setRef(next.props.ref, dom);
    }
  } else if (dom && dom.data !== next.props.text) {
    dom.data = next.props.text as string;
  }
}

function drawChildren(place: Place, parent: Element, svg: boolean, before: VNode[], props: Props): VNode[] {
  if (props.children === undefined && before.length === 0) return before;
  return reconcile({ ...place, parent, svg: svg && parent.tagName !== 'foreignObject' }, before, listOf(props.children), null);
}

function drawComponent(node: VNode, instance: Instance, place: Place, end: Node | null): void {
  instance.dirty = false;
  instance.scope = place.scope;
  beginHooks(instance);
  let output: unknown;
  try {
    output = (node.type as Component)(node.props);
  } finally {
    endHooks();
  }
  // A provider changes the scope while it is drawn.
  node.children = reconcile({ ...place, scope: instance.scope, depth: place.depth + 1 }, node.children ?? [], listOf(output), end);
}

function remove(node: VNode, fromDom: boolean): void {
  if (node.instance) {
    node.instance.gone = true;
    endOfLife(node.instance.hooks);
  }
  const { dom } = node;
  if (dom) setRef(node.props.ref, null);
  for (const child of node.children ?? []) remove(child, fromDom && !dom);
  if (dom && fromDom) dom.remove();
}

function startOf(node: VNode): Node {
  return node.dom ?? startOf(node.children![0]!);
}

function endOf(node: VNode): Node {
  return node.dom ?? endOf(node.children!.at(-1)!);
}

function domOf(node: VNode): Node[] {
  return node.dom ? [node.dom] : node.children!.flatMap(domOf);
}

function setRef(ref: unknown, dom: Element | Text | null): void {
  if (typeof ref === 'function') ref(dom);
  else if (ref) (ref as { current: unknown }).current = dom;
}

function setProps(dom: Element, before: Props, next: Props, svg: boolean): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(next)])) {
    if (name === 'children' || name === 'ref' || name === 'key') continue;
    const value = next[name];
    // What a person typed is compared with the field itself.
    const old = name === 'value' || name === 'checked' ? (dom as unknown as Props)[name] : before[name];
    if (value !== old) setProp(dom, name, before[name], value, svg);
  }
}

type Handlers = Record<string, ((event: Event) => void) | undefined>;
const handlers = new WeakMap<Element, Handlers>();

function setProp(dom: Element, name: string, before: unknown, value: unknown, svg: boolean): void {
  if (name === 'style') {
    const style = (dom as HTMLElement).style;
    const rules = (value ?? {}) as Record<string, string>;
    for (const rule of new Set([...Object.keys((before ?? {}) as object), ...Object.keys(rules)])) {
      if (rule.startsWith('--')) style.setProperty(rule, rules[rule] ?? '');
      else (style as unknown as Record<string, string>)[rule] = rules[rule] ?? '';
    }
  } else if (name.startsWith('on')) {
    const type = name.slice(2).toLowerCase();
    const mine = handlers.get(dom) ?? {};
    handlers.set(dom, mine);
    if (!(type in mine)) dom.addEventListener(type, (event) => mine[type]?.call(dom, event));
    mine[type] = value as Handlers[string];
  } else if (!svg && name in dom && !AS_ATTRIBUTE.has(name)) {
    (dom as unknown as Props)[name] = value ?? '';
  } else if (value == null || (value === false && name[4] !== '-')) {
    dom.removeAttribute(name);
  } else {
    dom.setAttribute(name, String(value));
  }
}
