// Files as people have them, and the ways they give them to a page.
import { crc32, deflateSync } from 'node:zlib';
import { until } from './until.mjs';

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body) >>> 0, body.length + 4);
  return out;
}

/** A picture of a dusk over a road, so that a person who looks at the screens sees whether it is drawn well. */
export function picture(name, { width = 640, height = 400, noise = 0 } = {}) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  let seed = 7;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const sky = y / height;
      const isRoad = sky > 0.62 && Math.abs(x - width / 2) < (sky - 0.55) * width * 0.9;
      const isSun = (x - width * 0.7) ** 2 + (y - height * 0.4) ** 2 < (height * 0.12) ** 2;
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      const grain = noise * (seed / 0x7fffffff - 1) * 0.5;
      const [r, g, b] = isRoad ? [70, 72, 80] : sky > 0.62 ? [92, 110, 84] : isSun ? [255, 214, 120] : [230 - 120 * sky, 140 + 40 * sky, 120 + 110 * sky];
      rows[at] = r + grain;
      rows[at + 1] = g + grain;
      rows[at + 2] = b + grain;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const bytes = Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
  return { name, mimeType: 'image/png', buffer: bytes };
}

export function pdf(name, size = 0) {
  const text = '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';
  return { name, mimeType: 'application/pdf', buffer: Buffer.concat([Buffer.from(text), Buffer.alloc(Math.max(0, size - text.length), 'x')]) };
}

export function text(name, words) {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(words) };
}

/** What a drag or a clipboard carries, in the page. */
function carried(page, files) {
  const given = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, bytes: buffer.toString('base64') }));
  return page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, bytes } of list) {
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type: mimeType, lastModified: 1 }));
    }
    return transfer;
  }, given);
}

/** Holds files over an element until `seen` is there; the answer lets them go. */
export async function drag(page, target, files, seen) {
  const dataTransfer = await carried(page, files);
  await target.dispatchEvent('dragenter', { dataTransfer });
  await until('what is held over it is seen', 15_000, async () => {
    // A browser says so again and again.
    await target.dispatchEvent('dragover', { dataTransfer });
    return seen.isVisible();
  });
  return () => target.dispatchEvent('drop', { dataTransfer });
}

export async function drop(page, target, files) {
  const dataTransfer = await carried(page, files);
  await target.dispatchEvent('dragover', { dataTransfer });
  await target.dispatchEvent('drop', { dataTransfer });
}

export async function paste(page, target, files) {
  const clipboardData = await carried(page, files);
  await target.evaluate((element, data) => {
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true, composed: true }));
  }, clipboardData);
}
