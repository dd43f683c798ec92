import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { precompress } from '../scripts/precompress.ts';

// Three pages at addresses of their own (/r/…, /help/contact, /account…), with their files under /pages/.
const api = process.env.GUICHET_DEV_API ?? 'http://127.0.0.1:8007';
const page = (name: string) => fileURLToPath(new URL(`${name}.html`, import.meta.url));

export default defineConfig({
  plugins: [precompress()],
  base: '/pages/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    outDir: '../dist/pages',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { request: page('request'), contact: page('contact'), account: page('account') } },
  },
  server: { proxy: { '/api': { target: api, ws: true } } },
});
