import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { precompress } from '../scripts/precompress.ts';
import { compactBundle } from './compact.ts';
import { functionsOnly } from './functions-only.ts';
import { givesKit } from './kit.ts';
import sharedTexts from '../ui/src/locales/fr.json' with { type: 'json' };
import ownTexts from './src/locales/fr.json' with { type: 'json' };

const ownSignals = fileURLToPath(new URL('src/signals.ts', import.meta.url));

// One classic script, loadable by any page with `<script src=".../widget.js" async>`.
export default defineConfig({
  plugins: [functionsOnly(), givesKit(fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')), compactBundle(Object.keys(sharedTexts), Object.keys(ownTexts)), precompress()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { 'process.env.NODE_ENV': '"production"' },
  // The one library that does not fit: see the README.
  resolve: { alias: { '@preact/signals-core': ownSignals } },
  build: {
    target: 'es2022',
    // The tokens use light-dark(), which must reach the browser as it is.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    outDir: '../dist',
    emptyOutDir: false,
    copyPublicDir: false,
    // Terser shortens the code; names are left to the last step of compactBundle.
    minify: 'terser',
    terserOptions: { ecma: 2020, toplevel: true, mangle: false, compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, keep_fargs: false, hoist_funs: true } },
    lib: {
      entry: 'src/main.tsx',
      name: 'GuichetWidget',
      formats: ['iife'],
      fileName: () => 'widget.js',
    },
  },
});
