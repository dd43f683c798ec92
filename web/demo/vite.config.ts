import { defineConfig } from 'vite';
import { precompress } from '../scripts/precompress.ts';

// The demo page is served at /, its files under /assets/.
const api = process.env.GUICHET_DEV_API ?? 'http://127.0.0.1:8007';

export default defineConfig({
  plugins: [precompress()],
  base: '/',
  build: { target: 'es2022', cssTarget: ['chrome123', 'firefox120', 'safari17.5'], outDir: '../dist/demo', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': { target: api, ws: true }, '/widget.js': api, '/console': api } },
});
