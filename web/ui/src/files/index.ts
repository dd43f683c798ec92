export { Attached, FileRow, type AttachedProps } from './attached.tsx';
export { download, type FileSource } from './fetched.ts';
export { DropHint, filesOf, hasFiles, useDraggedOver } from './given.tsx';
export { detailOf, isPicture, kindOf, sizeOf } from './kind.ts';
export { fileTexts, useFileTexts, type FileKey } from './texts.ts';
export { ToSend, wordsOf, type ToSendProps } from './to-send.tsx';
