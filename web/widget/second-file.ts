import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, minify, type Rolldown } from 'vite';
import { markSheet } from './compact.ts';
import { KIT_PARAMETER, takesKit } from './kit.ts';

/** As the first file names it while nobody knows what will be in it. */
export const SECOND_FILE = 'widget-files.js';

/**
 * What the widget loads once files are sent or shown: a module that is given the kit and answers with its parts.
 * It comes as it was written, but for the names of its variables; what both files must agree on is shortened with the first.
 */
export async function buildSecondFile(web: string): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(new URL('.', import.meta.url)),
    plugins: [takesKit(web), { name: 'guichet:sheets', enforce: 'post', transform: markSheet }],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      target: 'es2022',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      write: false,
      minify: 'terser',
      terserOptions: { ecma: 2020, toplevel: true, mangle: false, compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, keep_fargs: false, unused: true, top_retain: ['GuichetFiles'] } },
      lib: { entry: 'src/files/main.tsx', name: 'GuichetFiles', formats: ['iife'], fileName: () => SECOND_FILE },
    },
  })) as Rolldown.RolldownOutput[];
  const [chunk] = built.flatMap(({ output }) => output).filter((part) => part.type === 'chunk');
  const wrapped = `export default ${KIT_PARAMETER}=>{${chunk!.code};return GuichetFiles}`;
  const short = await minify(SECOND_FILE, wrapped, { compress: { target: 'es2022' }, mangle: { toplevel: true } });
  if (short.errors.length > 0) throw new Error(short.errors[0]!.message);
  return short.code;
}

/** A name that never stands for anything else, so that browsers need not ask again. */
export function hashedName(code: string): string {
  return SECOND_FILE.replace('.js', `-${createHash('sha256').update(code).digest('base64url').slice(0, 8)}.js`);
}
