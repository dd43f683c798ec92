// What a file is and how big it is, as people say it.
import type { Translator } from '../i18n.ts';
import type { FileKey } from './texts.ts';

export type FileKind = 'image' | 'pdf' | 'document' | 'sheet' | 'slides' | 'text' | 'file';

const KINDS: readonly (readonly [RegExp, FileKind])[] = [
  [/^image\//, 'image'],
  [/\/pdf$/, 'pdf'],
  [/spreadsheet|ms-excel|\/csv$/, 'sheet'],
  [/presentation|ms-powerpoint/, 'slides'],
  [/wordprocessing|msword|opendocument\.text|\/rtf$/, 'document'],
  [/^text\//, 'text'],
];

export function kindOf(mime: string): FileKind {
  return KINDS.find(([pattern]) => pattern.test(mime))?.[1] ?? 'file';
}

/** Whether every browser draws it: others are files to download. */
export function isPicture(mime: string): boolean {
  return /^image\/(png|jpeg|gif|webp)$/.test(mime);
}

export function sizeOf(bytes: number, { t, locale }: Translator<FileKey>): string {
  if (bytes < 1024) return t('files.bytes', { count: bytes });
  const kilobytes = bytes / 1024;
  // What would round to 1 024 Ko is said in Mo.
  if (kilobytes < 1023.5) return t('files.kilobytes', { size: Math.round(kilobytes) });
  return t('files.megabytes', { size: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(kilobytes / 1024) });
}

/** “PDF, 84 Ko”. */
export function detailOf(file: { readonly mime: string; readonly size: number }, texts: Translator<FileKey>): string {
  return texts.t('files.kind_size', { kind: texts.t(`files.kind.${kindOf(file.mime)}`), size: sizeOf(file.size, texts) });
}
