// Fails the build when the widget, all in one file, is above its budget: 30 000 bytes as browsers are sent it, by brotli.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUDGET = 30_000;
const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'widget.js');
const [plain, brotli, gzip] = ['', '.br', '.gz'].map((ending) => readFileSync(file + ending).length);
console.log(`widget.js: ${plain} bytes, ${brotli} by brotli (budget ${BUDGET}), ${gzip} by gzip`);
if (brotli >= BUDGET) {
  console.error(`The widget is ${brotli - BUDGET + 1} bytes above its budget.`);
  process.exit(1);
}
