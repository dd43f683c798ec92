// The files of a message, or of a whole request: pictures drawn, others as rows.
import type { Attachment } from '@guichet/sdk';
import { useEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from '../controls.tsx';
import { cross, file as page, Icon, save } from '../icons.tsx';
import { download, usePicture, type FileSource } from './fetched.ts';
import { detailOf, isPicture } from './kind.ts';
import { useFileTexts } from './texts.ts';

export interface AttachedProps {
  readonly attachments: readonly Attachment[];
  readonly source: FileSource;
  /** The message has not left yet. */
  readonly pending?: boolean;
}

export function Attached({ attachments, source, pending }: AttachedProps) {
  return (
    <div class="attached" data-pending={pending || undefined}>
      {attachments.map((attachment) =>
        isPicture(attachment.mime_type) ? <Picture key={attachment.id} attachment={attachment} source={source} /> : <FileRow key={attachment.id} attachment={attachment} source={source} />,
      )}
    </div>
  );
}

interface OneProps {
  readonly attachment: Attachment;
  readonly source: FileSource;
}

/** Its room is kept before it has come, so that nothing moves. */
function Picture({ attachment, source }: OneProps) {
  const { t } = useFileTexts();
  const element = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const { url, failed, onError } = usePicture(source, attachment.id, element);
  const name = attachment.file_name;
  if (failed) return <FileRow attachment={attachment} source={source} />;
  return (
    <>
      <button type="button" ref={element} class="photo" aria-label={t('files.open', { name })} title={name} disabled={url === null} onClick={() => setOpen(true)}>
        {url === null ? <Icon path={page} /> : <img src={url} alt="" draggable={false} onError={onError} />}
      </button>
      {open && url !== null && <Viewer attachment={attachment} source={source} url={url} onClose={() => setOpen(false)} />}
    </>
  );
}

export function FileRow({ attachment, source }: OneProps) {
  const texts = useFileTexts();
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle');
  const { file_name: name, mime_type: mime, size } = attachment;
  const detail = state === 'failed' ? texts.t('files.download_failed') : detailOf({ mime, size }, texts);
  const fetch = () => {
    if (state === 'busy') return;
    setState('busy');
    download(source, attachment).then(
      () => setState('idle'),
      () => setState('failed'),
    );
  };
  return (
    <button type="button" class="file" title={name} aria-busy={state === 'busy'} data-state={state} onClick={fetch}>
      <span class="kind">
        <Icon path={page} />
      </span>
      <span class="visually-hidden">{texts.t('files.save')} </span>
      <span class="what">
        <span class="truncate">{name}</span> <span class="meta">{detail}</span>
      </span>
      <Icon path={save} />
    </button>
  );
}

/** A picture over everything; the browser keeps the focus inside and gives it back. */
function Viewer({ attachment, source, url, onClose }: OneProps & { readonly url: string; readonly onClose: () => void }) {
  const { t } = useFileTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const name = attachment.file_name;
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="viewer"
      aria-label={t('files.image', { name })}
      onClose={onClose}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        if (!(event.target as Element).closest('img, button')) dialog.current?.close();
      }}
    >
      <div class="viewer-bar">
        <b class="truncate">{name}</b>
        <IconButton label={t('files.download', { name })} path={save} onClick={() => void download(source, attachment).catch(() => window.open(url, '_blank', 'noopener'))} />
        <IconButton label={t('files.close')} path={cross} autofocus onClick={() => dialog.current?.close()} />
      </div>
      <img src={url} alt={name} />
    </dialog>
  );
}
