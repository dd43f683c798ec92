// The files of the message that is being written.
import type { Upload } from '@guichet/sdk';
import { useEffect, useState } from 'preact/hooks';
import { IconButton } from '../controls.tsx';
import { alert, clock, cross, file as page, Icon, retry } from '../icons.tsx';
import type { Translator } from '../i18n.ts';
import { detailOf, isPicture } from './kind.ts';
import { useFileTexts, type FileKey } from './texts.ts';

export interface ToSendProps {
  readonly uploads: readonly Upload[];
  /** The names of those that were one too many. */
  readonly leftOut: readonly string[];
  /** A message waits for them. */
  readonly sending: boolean;
  readonly onRemove: (key: string) => void;
  readonly onRetry: (key: string) => void;
}

export function ToSend({ uploads, leftOut, sending, onRemove, onRetry }: ToSendProps) {
  const texts = useFileTexts();
  const { t, locale } = texts;
  const names = new Intl.ListFormat(locale, { type: 'conjunction' }).format(leftOut.slice(0, 3));
  return (
    <div class="to-send">
      {uploads.length > 0 && (
        <ul role="list" aria-label={t('files.to_send')}>
          {uploads.map((upload) => (
            <Chip key={upload.key} upload={upload} onRemove={onRemove} onRetry={onRetry} />
          ))}
        </ul>
      )}
      {leftOut.length > 0 && (
        <p class="left-out">
          <Icon path={alert} size="small" /> {t('files.left_out', { count: leftOut.length, names: leftOut.length > 3 ? `${names}…` : names })}
        </p>
      )}
      {sending && (
        <p class="meta held">
          <Icon path={clock} size="small" /> {t('files.held')}
        </p>
      )}
      <p class="visually-hidden" role="status">
        {spoken(uploads, leftOut, sending, texts)}
      </p>
    </div>
  );
}

function Chip({ upload, onRemove, onRetry }: { readonly upload: Upload } & Pick<ToSendProps, 'onRemove' | 'onRetry'>) {
  const texts = useFileTexts();
  const { t } = texts;
  const { key, name, state, progress, problem } = upload;
  return (
    <li class="chip" data-state={state}>
      <Thumb upload={upload} />
      <span class="what">
        <span class="truncate" title={name}>
          {name}
        </span>
        <span class="meta">{problem === null ? stateOf(upload, texts) : wordsOf(problem, texts)}</span>
        {(state === 'uploading' || state === 'interrupted' || state === 'waiting') && (
          <span class="bar" role="progressbar" aria-label={t('files.progress_of', { name })} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(progress * 100)}>
            <i style={{ transform: `scaleX(${progress})` }} />
          </span>
        )}
      </span>
      {problem?.canRetry === true && <IconButton class="tiny" label={t('files.retry_name', { name })} path={retry} onClick={() => onRetry(key)} />}
      <IconButton class="tiny" label={t('files.remove', { name })} path={cross} onClick={() => onRemove(key)} />
    </li>
  );
}

function Thumb({ upload: { file, mime, state } }: { readonly upload: Upload }) {
  const [url, setUrl] = useState<string | null>(null);
  const drawn = file !== null && isPicture(mime) && state !== 'failed';
  useEffect(() => {
    if (!drawn) return undefined;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => {
      setUrl(null);
      URL.revokeObjectURL(made);
    };
  }, [drawn, file]);
  return (
    <span class="kind">
      {/* A page may forbid pictures of its own making. */}
      {drawn && url !== null ? <img src={url} alt="" onError={() => setUrl(null)} /> : <Icon path={state === 'failed' ? alert : page} />}
    </span>
  );
}

function stateOf(upload: Upload, texts: Translator<FileKey>): string {
  const { t } = texts;
  if (upload.state === 'waiting') return t('files.waiting');
  if (upload.state === 'uploading') return t('files.progress', { percent: Math.floor(upload.progress * 100) });
  if (upload.state === 'interrupted') return t('files.interrupted');
  if (upload.state === 'checking') return t('files.checking');
  return detailOf(upload, texts);
}

const WORDED = ['empty', 'too_big', 'unreadable', 'lost', 'refused', 'network'] as const;

/** Why a file was not taken: the server's words where there are some. */
export function wordsOf({ code, message }: { readonly code: string; readonly message: string }, { t }: Pick<Translator<FileKey>, 't'>): string {
  if (message !== '') return message;
  const known = WORDED.find((one) => one === code);
  return t(known === undefined ? 'files.problem.other' : `files.problem.${known}`);
}

/** What a screen reader is told of: how many are on their way, how many are there, and what went wrong. */
function spoken(uploads: readonly Upload[], leftOut: readonly string[], sending: boolean, texts: Translator<FileKey>): string {
  const { t } = texts;
  const ready = uploads.filter(({ state }) => state === 'ready').length;
  const failed = uploads.filter(({ state }) => state === 'failed');
  const coming = uploads.length - ready - failed.length;
  return [
    coming > 0 && t('files.uploading_all', { count: coming }),
    ready > 0 && coming === 0 && t('files.ready_all', { count: ready }),
    ...failed.map(({ name, problem }) => problem !== null && `${name} : ${wordsOf(problem, texts)}`),
    leftOut.length > 0 && t('files.left_out', { count: leftOut.length, names: leftOut.slice(0, 3).join(', ') }),
    sending && t('files.held'),
  ]
    .filter(Boolean)
    .join('. ');
}
