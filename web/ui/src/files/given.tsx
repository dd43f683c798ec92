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
    // Each child that is entered says so before the one that is left.
    let depth = 0;
    const count = (step: number) => (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth + step);
      setOver(depth > 0);
    };
    const end = () => {
      depth = 0;
      setOver(false);
    };
    target.addEventListener('dragenter', count(1), { signal: stop.signal });
    target.addEventListener('dragleave', count(-1), { signal: stop.signal });
    target.addEventListener('drop', end, { signal: stop.signal, capture: true });
    addEventListener('dragend', end, { signal: stop.signal });
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
