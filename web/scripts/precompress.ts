import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin, ResolvedConfig } from 'vite';

const COMPRESSIBLE = /\.(css|html|js|json|svg|txt|webmanifest)$/;

/**
 * Writes beside each text file of the build its `.br` and `.gz`, as small as they get, so that the server
 * compresses nothing at each answer. A form that is not shorter is not written.
 */
export function precompress(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'guichet:precompress',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async writeBundle({ dir }, bundle) {
      const { publicDir, build } = config;
      // What is copied as it is belongs to no bundle.
      const copied = build.copyPublicDir && existsSync(publicDir) ? await readdir(publicDir, { recursive: true }) : [];
      const names = new Set([...Object.keys(bundle), ...copied]);
      await Promise.all([...names].filter((name) => COMPRESSIBLE.test(name)).map((name) => compress(join(dir!, name))));
    },
  };
}

/** How distances are written, which brotli does not choose by itself; found by trying all on the widget. */
const DISTANCES = [
  { [constants.BROTLI_PARAM_NPOSTFIX]: 0, [constants.BROTLI_PARAM_NDIRECT]: 0 },
  { [constants.BROTLI_PARAM_NPOSTFIX]: 1, [constants.BROTLI_PARAM_NDIRECT]: 30 },
  { [constants.BROTLI_PARAM_NPOSTFIX]: 3, [constants.BROTLI_PARAM_NDIRECT]: 64 },
];

/** The smallest of some brotlis. */
async function brotli(content: Buffer): Promise<Buffer> {
  const forms = DISTANCES.map((distances) => {
    const params = {
      ...distances,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: 18,
      [constants.BROTLI_PARAM_LGBLOCK]: 17,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    return promisify(brotliCompress)(content, { params });
  });
  return (await Promise.all(forms)).reduce((best, form) => (form.length < best.length ? form : best));
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  const put = async (path: string, form: Buffer) => (form.length < content.length ? writeFile(path, form) : rm(path, { force: true }));
  await Promise.all([
    put(`${file}.br`, await brotli(content)),
    put(`${file}.gz`, await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION })),
  ]);
}
