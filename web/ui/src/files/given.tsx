// Files that come by paste and drop.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon, clip } from '../icons.tsx';
import { useFileTexts } from './texts.ts';

/** What was chosen, pasted or dropped; a pasted picture gets a name that tells it from the next one. */
export function filesOf(given: Iterable<File>, now = new Date()): File[] {
  return [...given].map((file) => {
    if (!/^image\.(png|jpe?g)$/.test(file.name)) return file;
    const stamp = [now.getFullYear(), now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => String(part).padStart(2, '0'));
    const name = `capture-${stamp.slice(0, 3).join('')}-${stamp.slice(3).join('')}.${file.name.split('.')[1]}`;
    return new File([file], name, { type: file.type, lastModified: file.lastModified });
  });
}

/** Whether what is dragged has files: text and links are left to the page. */
export function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') === true;
}

/** Whether files are held over the element. */
export function useDraggedOver(element: RefObject<HTMLElement | null>): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const target = element.current;
    if (target === null) return undefined;
    const stop = new AbortController();
    const on = (type: 'dragover' | 'dragleave' | 'drop', heard: (event: DragEvent) => void) => target.addEventListener(type, heard, { signal: stop.signal, capture: true });
    // Said again and again while they are held: also for one who begins to listen in the middle.
    on('dragover', (event) => hasFiles(event) && setOver(true));
    on('dragleave', (event) => {
      if (!(event.relatedTarget instanceof Node && target.contains(event.relatedTarget))) setOver(false);
    });
    on('drop', () => setOver(false));
    return () => stop.abort();
  }, []);
  return over;
}

/** Over the place where files can be dropped, while some are held over it. */
export function DropHint() {
  const { t } = useFileTexts();
  return (
    <div class="drop-hint" aria-hidden="true">
      <Icon path={clip} size="large" />
      <b>{t('files.drop')}</b>
      <span class="meta">{t('files.drop_how')}</span>
    </div>
  );
}
