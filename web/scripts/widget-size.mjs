// Fails the build when the widget, as it is loaded by each page, or what it loads for files, is above its budget, as browsers are sent them: by brotli.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const widget = readFileSync(join(dist, 'widget.js'), 'utf8');
const [files] = /widget-files-[\w-]{8}\.js/.exec(widget) ?? [];
const stale = readdirSync(dist).filter((name) => /^widget-files-.*\.js$/.test(name) && name !== files);
if (files === undefined || stale.length > 0) {
  console.error(`widget.js loads ${files ?? 'no second file'}, and there is ${stale.join(', ') || 'no other'}.`);
  process.exit(1);
}
for (const [name, budget] of [['widget.js', 30_000], [files, 10_000]]) {
  const [plain, brotli, gzip] = ['', '.br', '.gz'].map((ending) => readFileSync(join(dist, name + ending)).length);
  console.log(`${name}: ${plain} bytes, ${brotli} by brotli (budget ${budget}), ${gzip} by gzip`);
  if (brotli >= budget) {
    console.error(`${name} is ${brotli - budget + 1} bytes above its budget.`);
    process.exitCode = 1;
  }
}
