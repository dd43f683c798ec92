// Fails the build when the widget, all in one file, is above its budget: 30 000 bytes compressed by gzip.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET = 30_000;
const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'widget.js');
const script = readFileSync(file);
const size = gzipSync(script, { level: 9 }).length;
console.log(`widget.js: ${script.length} bytes, ${size} compressed, budget ${BUDGET}`);
if (size > BUDGET) {
  console.error(`The widget is ${size - BUDGET} bytes above its budget.`);
  process.exit(1);
}
