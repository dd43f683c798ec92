// Runs the SDK outside a browser, against a real server: `node --experimental-websocket start.mjs`, orders on
// standard input. The sources are TypeScript, which Vite reads.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const vite = await createServer({
  root: here,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
const { serve } = await vite.ssrLoadModule(join(here, 'runs.ts'));
await serve(process.stdin, process.stdout);
await vite.close();
process.exit(0);
