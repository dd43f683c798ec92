import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { precompress } from '../scripts/precompress.ts';
import { functionsOnly } from '../widget/functions-only.ts';

// One classic script for any page: `<script src=".../tracker.js" async>`. Small on the widget's own signals.
export default defineConfig({
  plugins: [functionsOnly(), precompress()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { 'process.env.NODE_ENV': '"production"' },
  resolve: { alias: { '@preact/signals-core': fileURLToPath(new URL('../widget/src/signals.ts', import.meta.url)) } },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    outDir: '../dist',
    emptyOutDir: false,
    copyPublicDir: false,
    lib: { entry: 'src/element.tsx', name: 'GuichetTracker', formats: ['iife'], fileName: () => 'tracker.js' },
  },
});
