import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseAst } from 'vite';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [part: string]: unknown;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The members of the bundle's classes in fewer letters. Private ones, which the minifier has named by one letter in
 * each class, become plain; a field without a value needs no declaration; members in camel case, which no frame,
 * no answer of the server and nothing stored has, get short names in the whole script. `foreign` is code whose names must stay:
 * that of libraries, and what the page calls. Scripts that use each other's objects are given together, and agree.
 */
export function compactMembers(codes: readonly string[], foreign: string, refuse: (problem: string) => never): string[] {
  const scripts = codes.map((code) => ({ code, nodes: [...everyNode(parseAst(code) as unknown as Node)] }));
  const classesOf = (nodes: readonly Node[]) => nodes.filter(({ type }) => type === 'ClassExpression' || type === 'ClassDeclaration');
  const nodes = scripts.flatMap((script) => script.nodes);
  const short = shortNames(nodes, classesOf(nodes), new Set(foreign.match(WORD)));
  return scripts.map(({ code, nodes }) => {
    // The names of variables mean something else in each script.
    const clash = clashIn(nodes, classesOf(nodes));
    if (clash !== undefined) refuse(`the private members cannot become plain: ${clash}`);
    return apply(code, editsOf(code, nodes, short));
  });
}

function editsOf(code: string, nodes: readonly Node[], short: ReadonlyMap<string, string>): Edit[] {
  const edits: Edit[] = [];
  for (const node of nodes) {
    if (isEmptyField(node)) edits.push({ start: node.start, end: node.end, text: '' });
    else if (node.type === 'PrivateIdentifier') edits.push({ start: node.start, end: node.end, text: apart(code, node.start, node.name as string) });
    else {
      const key = nameOf(node);
      const name = key && short.get(key.name as string);
      if (key && name !== undefined) edits.push({ start: key.start, end: key.end, text: node.shorthand === true ? `${name}:${String(key.name)}` : name });
    }
  }
  return edits;
}

const WORD = /[A-Za-z_$][\w$]*/g;

/** The key or the property that a node names without computing it. */
function nameOf(node: Node): Node | undefined {
  if (node.computed === true) return undefined;
  const named = node.type === 'MemberExpression' ? node.property : MEMBERS.has(node.type) || node.type === 'Property' ? node.key : undefined;
  return (named as Node | undefined)?.type === 'Identifier' ? (named as Node) : undefined;
}

const MEMBERS: ReadonlySet<string> = new Set(['MethodDefinition', 'PropertyDefinition']);

function membersOf(class_: Node): Node[] {
  return (class_.body as { body: Node[] }).body.filter(({ type }) => MEMBERS.has(type));
}

function isEmptyField(node: Node): boolean {
  return node.type === 'PropertyDefinition' && node.value === null && node.static !== true && node.computed !== true;
}

function shortNames(nodes: readonly Node[], classes: readonly Node[], foreign: ReadonlySet<string>): Map<string, string> {
  const names = nodes.flatMap((node) => (nameOf(node)?.name as string | undefined) ?? []);
  // A name in a text may be a way to reach the member.
  const texts = nodes.flatMap(({ type, value }) => (type === 'Literal' && typeof value === 'string' ? value : type === 'TemplateElement' ? (value as { cooked: string }).cooked : []));
  const taken = new Set([...foreign, ...platformWords(), ...texts.flatMap((text) => text.match(WORD) ?? [])]);
  const own = new Set(classes.flatMap(membersOf).flatMap((member) => (nameOf(member)?.name as string | undefined) ?? []));
  const camel = [...own].filter((name) => /^[a-z]+[A-Z]/.test(name) && !taken.has(name));
  const free = Array.from({ length: camel.length + names.length }, (_, index) => `$${index.toString(36)}`).filter((name) => !names.includes(name));
  return new Map(camel.map((name, index) => [name, free[index]!]));
}

/** Every name that the language and the browser give a meaning, as the compiler's own declarations have them. */
function platformWords(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('typescript'));
  const files = readdirSync(folder).filter((name) => /^lib\.(dom|es).*\.d\.ts$/.test(name));
  return files.flatMap((name) => readFileSync(join(folder, name), 'utf8').match(WORD) ?? []);
}

/** What a plain member would mix up that a private one keeps apart. */
function clashIn(nodes: readonly Node[], classes: readonly Node[]): string | undefined {
  const secretive = new Set(classes.filter((class_) => privatesOf(class_).length > 0));
  for (const class_ of secretive) {
    const both = membersOf(class_).find((member) => privatesOf(class_).includes(nameOf(member)?.name));
    if (both) return `one has the name of the public “${String(nameOf(both)?.name)}”`;
  }
  const named = nodes.flatMap(({ type, id, init, left, right }) => (type === 'VariableDeclarator' ? [[id, init]] : type === 'AssignmentExpression' ? [[left, right]] : [])) as [Node, Node][];
  const names = [...named.filter(([, value]) => secretive.has(value)).map(([target]) => target), ...[...secretive].map(({ id }) => id as Node | null)].map((target) => target?.name);
  const bases = classes.flatMap(({ superClass }) => (superClass as Node | null) ?? []);
  if (bases.some(({ type, name }) => type !== 'Identifier' || names.includes(name))) return 'a class that another extends may have some';
  const asked = nodes.some(({ type, left }) => type === 'BinaryExpression' && (left as Node).type === 'PrivateIdentifier');
  return asked ? '“#name in object” asks for one' : undefined;
}

function privatesOf(class_: Node): unknown[] {
  return membersOf(class_).flatMap(({ key }) => ((key as Node).type === 'PrivateIdentifier' ? (key as Node).name : []));
}

/** `async#a()` needs a space once the sign is gone. */
function apart(code: string, start: number, name: string): string {
  return /[\w$]/.test(code[start - 1] ?? '') ? ` ${name}` : name;
}

function apply(code: string, edits: readonly Edit[]): string {
  let out = '';
  let at = 0;
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    if (start < at) continue;
    out += code.slice(at, start) + text;
    // A removed field takes its semicolon along.
    at = text === '' && code[end] === ';' ? end + 1 : end;
  }
  return out + code.slice(at);
}

function* everyNode(node: Node): Generator<Node> {
  yield node;
  for (const part of Object.values(node)) {
    for (const child of Array.isArray(part) ? part : [part]) {
      if (typeof child === 'object' && child !== null && typeof (child as Node).type === 'string') yield* everyNode(child as Node);
    }
  }
}
