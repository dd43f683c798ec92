import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { compactBundle } from './compact.ts';
import texts from './src/locales/fr.json' with { type: 'json' };

const runtime = (name: string) => fileURLToPath(new URL(`src/runtime/${name}.ts`, import.meta.url));

// One classic script, loadable by any page with `<script src=".../widget.js" async>`.
export default defineConfig({
  plugins: [compactBundle(Object.keys(texts))],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { 'process.env.NODE_ENV': '"production"' },
  // Preact and its signals take a quarter of the widget's budget; src/runtime has the part that is used.
  resolve: {
    alias: [
      { find: /^preact(\/.*)?$/, replacement: runtime('preact') },
      { find: '@preact/signals-core', replacement: runtime('signals') },
    ],
  },
  build: {
    target: 'es2022',
    // The tokens use light-dark(), which must reach the browser as it is.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    outDir: '../dist',
    emptyOutDir: false,
    copyPublicDir: false,
    minify: 'terser',
    terserOptions: { ecma: 2020, toplevel: true, compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, keep_fargs: false, hoist_funs: true } },
    lib: {
      entry: 'src/main.tsx',
      name: 'GuichetWidget',
      formats: ['iife'],
      fileName: () => 'widget.js',
    },
  },
});
