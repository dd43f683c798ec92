import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify, type Plugin } from 'vite';
import { compactMembers } from './members.ts';
import { buildSecondFile, hashedName, SECOND_FILE } from './second-file.ts';

/**
 * The widget carries the style sheets that it shares with the console. Here, after bundling, each sheet
 * loses the rules that no class of the script needs and the variables that no rule reads, and the
 * remaining variables get short names, or give way to their values. `--guichet-…` is what pages set, and is kept.
 */
const OPEN = '@guichet-sheet{';
const CLOSE = '}@guichet-end';

/** Modules whose names others know: libraries, and what the page calls. */
const FOREIGN = /\/node_modules\/|\/widget\/src\/(main|host-api)\.tsx?$/;

/** `shared` are the keys of the components' texts, of which the widget uses some; `own` those of the widget's, all in use. */
export function compactBundle(shared: readonly string[], own: readonly string[]): Plugin {
  const keys = [...shared, ...own];
  return {
    name: 'guichet:compact-bundle',
    apply: 'build',
    enforce: 'post',
    async load(id) {
      const [, package_, language] = /\/(ui|widget)\/src\/locales\/(\w+)\.json$/.exec(id) ?? [];
      if (package_ === undefined) return undefined;
      // One numbered list for both, in the widget's place.
      if (package_ === 'ui') return '[]';
      const paths = [new URL(`../ui/src/locales/${language}.json`, import.meta.url), id];
      const read = async (path: string | URL) => JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
      const catalogue = Object.assign({}, ...(await Promise.all(paths.map(read)))) as Record<string, unknown>;
      const missing = [...keys, ...Object.keys(catalogue)].find((key) => !(key in catalogue) || !keys.includes(key));
      if (missing !== undefined) this.error(`the text “${missing}” is not in every language`);
      return JSON.stringify(keys.map((key) => catalogue[key]));
    },
    transform: markSheet,
    async generateBundle(_options, bundle) {
      const refuse = (problem: string): never => this.error(problem);
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        const code = compactTexts(chunk.code, keys, own, refuse);
        // Terser has shortened the code; Oxc gives the shorter names, above all to private members: each class has its own.
        const short = await minify(chunk.fileName, code, { compress: { target: 'es2022' }, mangle: { toplevel: true } });
        if (short.errors.length > 0) refuse(short.errors[0]!.message);
        const foreign = Object.entries(chunk.modules).map(([id, module]) => (FOREIGN.test(id) ? module.code : ''));
        const files = [short.code, await buildSecondFile(WEB)];
        const [first, second] = compactStyles(compactMembers(files, foreign.join('\n'), refuse), refuse);
        const name = hashedName(second!);
        if (!first!.includes(SECOND_FILE)) refuse('the widget does not load its second file');
        chunk.code = first!.replaceAll(SECOND_FILE, name);
        this.emitFile({ type: 'asset', fileName: name, source: second! });
      }
    },
    async writeBundle({ dir }, bundle) {
      // What an earlier build named otherwise.
      const stale = (await readdir(dir!)).filter((name) => name.startsWith('widget-') && !Object.keys(bundle).some((kept) => name.startsWith(kept)));
      await Promise.all(stale.map((name) => rm(join(dir!, name))));
    },
  };
}

const WEB = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Marks the text of a sheet, as Vite made it: `export default "…"`. */
export function markSheet(code: string, id: string): { code: string; map: null } | undefined {
  if (!id.includes('.css?inline')) return undefined;
  const text = code.replace(/^export default /, '').replace(/;?\s*$/, '');
  return { code: `export default ${JSON.stringify(OPEN + JSON.parse(text) + CLOSE)}`, map: null };
}

/** The scripts, with their sheets: the rules of one may be needed by the other, and so may its variables. */
export function compactStyles(codes: readonly string[], refuse: (problem: string) => never): string[] {
  const scripts = codes.map((code) => code.split(/(@guichet-sheet\{.*?\}@guichet-end)/s));
  const words = new Set(scripts.flatMap((parts) => parts.filter((_, index) => index % 2 === 0)).join('\n').match(/[\w-]+/g));
  const sheets = scripts.flatMap((parts) => parts.filter((_, index) => index % 2 === 1)).map((part) => part.slice(OPEN.length, -CLOSE.length));
  if (sheets.length === 0) refuse('no style sheet was found in the bundle');
  if (sheets.some((sheet) => sheet.includes('\\'))) refuse('a style sheet has an escape, which cannot be told apart from that of its string');
  const kept = withoutConstants(sheets.map((sheet) => withoutUnused(withoutFallback(physical(sheet)), words)), words);
  const short = shortNames(kept.join(''), words);
  let next = 0;
  return scripts.map((parts) => parts.map((part, index) => (index % 2 === 0 ? part : rename(kept[next++]!, short))).join(''));
}

function physical(css: string): string {
  return PHYSICAL.reduce((text, [logical, name]) => text.replace(logical, name), css);
}

/** Every browser that knows light-dark(), without which the tokens mean nothing, but Firefox 120 to 127 knows relative colours too. */
function withoutFallback(css: string): string {
  const block = /@supports \(color:oklch\(from red l c h\)\)\{([^{}]*\{([^{}]*)\})\}/.exec(css);
  if (!block) return css;
  const names = [...block[2]!.matchAll(/(--[\w-]+):/g)].map(([, name]) => name!);
  const plain = names.reduce((text, name) => text.replace(new RegExp(`${name}:[^;{}]*;?`), ''), css.slice(0, block.index));
  return plain + block[1]! + css.slice(block.index + block[0].length);
}

/** A text is found by its number in the catalogues instead of its key. */
export function compactTexts(code: string, keys: readonly string[], needed: readonly string[], refuse: (problem: string) => never): string {
  return keys.reduce((text, key, index) => {
    const parts = text.split(new RegExp(`["'\`]${key.replace('.', '\\.')}["'\`]`));
    if (parts.length < 2 && needed.includes(key)) refuse(`the text “${key}” is not used`);
    // Still a string: a bare number would join the word before it.
    return parts.join(`"${index}"`);
  }, code);
}

/** The widget is always written from left to right, so that the shorter names of sides and sizes mean the same. */
const PHYSICAL: readonly (readonly [RegExp, string])[] = [
  [/\binline-size\b/g, 'width'],
  [/\bblock-size\b/g, 'height'],
  [/\binset-inline-end\b/g, 'right'],
  [/\binset-inline-start\b/g, 'left'],
  [/\binset-block-end\b/g, 'bottom'],
  [/\binset-block-start\b/g, 'top'],
  [/-inline-end:/g, '-right:'],
  [/-inline-start:/g, '-left:'],
  [/-block-end:/g, '-bottom:'],
  [/-block-start:/g, '-top:'],
];

/** Rules are flat but for one level of at-rules. */
function withoutUnused(css: string, words: ReadonlySet<string>): string {
  return css.replace(/([^{}]+)\{([^{}]*)\}/g, (rule, selectors: string, body: string) => {
    if (selectors.startsWith('@') || /^\s*(from|to|[\d.]+%)/.test(selectors)) return rule;
    // A shadow root has no `:root` inside.
    const used = selectors.split(/,(?![^(]*\))/).filter((selector) => !selector.startsWith(':root') && [...selector.matchAll(/\.([a-z][\w-]*)/g)].every(([, name]) => words.has(name!)));
    return used.length === 0 ? '' : `${used.join(',')}{${body}}`;
  });
}

/** Letters of a value that is no longer than reading its variable. */
const CONSTANT = 'var(--)'.length;

/** A variable that only the host's own rule sets, to something short or for one place, is replaced by its value; one that nothing sets, by what stands in for it. */
function withoutConstants(sheets: readonly string[], words: ReadonlySet<string>): string[] {
  const css = sheets.join('');
  const own = (name: string) => !name.startsWith('--guichet-') && !words.has(name);
  const set = [...css.matchAll(/(--[a-z][\w-]*)\s*:/g)].map(([, name]) => name!);
  const outside = css.replace(/@[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '');
  const host = [...outside.matchAll(/(?<=^|\}):host\{([^{}]*)\}/g)].map(([, body]) => body!).join(';');
  const constants = [...host.matchAll(/(--[a-z][\w-]*)\s*:([^;]*)/g)]
    .map(([, name, value]) => [name!, value!.trim()] as const)
    .filter(([name, value]) => own(name) && set.filter((other) => other === name).length === 1 && (value.length <= CONSTANT || css.split(`var(${name})`).length === 2));
  const values = new Map(constants);
  return sheets.map((sheet) =>
    sheet
      .replace(/var\((--[a-z][\w-]*),((?:[^()]|\([^()]*\))*)\)/g, (read, name: string, otherwise: string) => (own(name) && !set.includes(name) ? otherwise : read))
      .replace(/var\((--[a-z][\w-]*)\)/g, (read, name: string) => values.get(name) ?? read),
  );
}

function shortNames(css: string, words: ReadonlySet<string>): Map<string, string> {
  const declared = [...new Set([...css.matchAll(/(--[a-z][\w-]*)\s*:/g)].map(([, name]) => name!))].filter((name) => !name.startsWith('--guichet-') && !words.has(name));
  const read = (name: string) => new RegExp(`var\\(${name}[,)]`).test(css);
  return new Map(declared.map((name, index) => [name, read(name) ? `--${index.toString(36)}` : '']));
}

function rename(css: string, short: ReadonlyMap<string, string>): string {
  return css
    .replace(/(--[a-z][\w-]*)\s*:[^;{}]*;?/g, (declaration, name: string) => (short.get(name) === '' ? '' : declaration))
    .replace(/--[a-z][\w-]*/g, (name) => short.get(name) || name);
}
