import type { Plugin } from 'vite';

/**
 * What the second file takes from the first, because there may only be one of it: modules whose state both must
 * share. The first hands them over as a list, in this order; the second finds them by their place.
 */
export const SHARED: Readonly<Record<string, readonly string[]>> = {
  'preact/jsx-runtime': ['jsx', 'jsxs', 'Fragment'],
  'preact/hooks': ['useEffect', 'useLayoutEffect', 'useRef', 'useState'],
  '@preact/signals-core': ['computed', 'signal'],
  '/sdk/src/errors.ts': ['ApiError', 'NO_ANSWER'],
  '/sdk/src/conversation/tab.ts': ['pageTab', 'Tab'],
  '/ui/src/texts.ts': ['useSpeech'],
  '/widget/src/live.ts': ['useLive'],
};

const NAMES = Object.entries(SHARED).flatMap(([from, names]) => names.map((name) => ({ from, name })));
const KIT = '\0virtual:kit';

/** The name of the list in the second file. */
export const KIT_PARAMETER = 'GUICHET_KIT';

/** For the first file: `virtual:kit` is the list. */
export function givesKit(web: string): Plugin {
  const place = (from: string) => (from.startsWith('/') ? web + from : from);
  return {
    name: 'guichet:gives-kit',
    resolveId: (id) => (id === 'virtual:kit' ? KIT : undefined),
    load(id) {
      if (id !== KIT) return undefined;
      const imports = NAMES.map(({ from, name }, index) => `import { ${name} as k${index} } from ${JSON.stringify(place(from))};`);
      return `${imports.join('\n')}\nexport default [${NAMES.map((_, index) => `k${index}`).join(',')}];`;
    },
  };
}

/** For the second file: those modules are their places in the list, and have nothing else. */
export function takesKit(web: string): Plugin {
  return {
    name: 'guichet:takes-kit',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (id in SHARED) return KIT + id;
      // By package and by path alike: a module of ours is known by its file.
      if (!/^[.@/]/.test(id) || importer === undefined) return undefined;
      const found = await this.resolve(id, importer, { skipSelf: true });
      const own = found?.id.startsWith(web) ? found.id.slice(web.length) : '';
      return own in SHARED ? KIT + own : undefined;
    },
    load(id) {
      if (!id.startsWith(KIT)) return undefined;
      const from = id.slice(KIT.length);
      return NAMES.flatMap((shared, index) => (shared.from === from ? `export const ${shared.name} = ${KIT_PARAMETER}[${index}];` : [])).join('\n');
    },
  };
}
