import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { precompress } from '../../scripts/precompress.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'guichet-precompress-'));
});
afterEach(() => rm(root, { recursive: true }));

const run = () => build({ root, logLevel: 'silent', configFile: false, plugins: [precompress()] });
const dist = (name: string) => join(root, 'dist', name);

test('each text of a build has its compressed forms beside it, those that are copied too', async () => {
  await mkdir(join(root, 'public/deep'), { recursive: true });
  await writeFile(join(root, 'index.html'), `<!doctype html><title>x</title><p>${'mot '.repeat(100)}</p>`);
  await writeFile(join(root, 'public/deep/icon.svg'), `<svg>${'<path/>'.repeat(100)}</svg>`);
  await writeFile(join(root, 'public/photo.png'), 'x'.repeat(1_000));
  await writeFile(join(root, 'public/short.txt'), 'x');
  await run();
  for (const name of ['index.html', 'deep/icon.svg']) {
    const content = await readFile(dist(name));
    expect(brotliDecompressSync(await readFile(dist(`${name}.br`)))).toEqual(content);
    expect(gunzipSync(await readFile(dist(`${name}.gz`)))).toEqual(content);
  }
  expect(['photo.png', 'short.txt', 'photo.png.br', 'short.txt.br', 'short.txt.gz'].map((name) => existsSync(dist(name)))).toEqual([true, true, false, false, false]);
});

test('a site without a public folder is built too', async () => {
  await writeFile(join(root, 'index.html'), '<!doctype html><title>x</title>'.repeat(20));
  await run();
  expect(existsSync(dist('index.html.br'))).toBe(true);
});
