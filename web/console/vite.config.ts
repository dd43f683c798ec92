import { defineConfig } from 'vite';
import { precompress } from '../scripts/precompress.ts';

// The console is served under /console/, every path below it answering index.html.
// In development the API of a server on its default port is used.
const api = process.env.GUICHET_DEV_API ?? 'http://127.0.0.1:8007';

export default defineConfig({
  plugins: [precompress()],
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    // The first of each that know light-dark(): older targets would have it rewritten into something longer.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    outDir: '../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target: api, ws: true } } },
});
