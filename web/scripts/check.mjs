// Type-checks every package of the workspace with the pinned compiler, and the generated types for freshness.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const packages = readdirSync(web).filter((name) => existsSync(join(web, name, 'tsconfig.json')));
let failed = false;
for (const name of packages) {
  const run = spawnSync(process.execPath, [tsc, '--noEmit', '-p', join(web, name)], { stdio: 'inherit' });
  if (run.status !== 0) failed = true;
  console.log(`${run.status === 0 ? 'ok    ' : 'failed'} tsc ${name}`);
}
// The types of the REST interface are those of the committed document.
const openapi = join(web, '..', 'api-spec', 'openapi.json');
const { default: openapiTS, astToString } = await import('openapi-typescript');
const fresh = astToString(await openapiTS(pathToFileURL(openapi)));
const stored = readFileSync(join(web, 'sdk', 'src', 'schema.d.ts'), 'utf8');
// The command writes a notice above what the library makes.
if (stored.slice(stored.indexOf('export interface paths')).trim() === fresh.slice(fresh.indexOf('export interface paths')).trim()) {
  console.log('ok     sdk/src/schema.d.ts');
} else {
  console.error('failed sdk/src/schema.d.ts is not that of api-spec/openapi.json: npm run types');
  failed = true;
}
process.exit(failed ? 1 : 0);
