// What is kept of a person: theirs to take along, and to have erased.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, PrivacyApi, type ApiClient } from '@guichet/sdk';
import { Button, Icon, IconButton, icons } from '@guichet/ui';
import { wordsOf } from '../form.tsx';
import { useText } from '../texts.ts';

export interface MyDataProps {
  /** In the person's name. */
  readonly api: ApiClient;
  readonly onErased: () => void;
}

export function MyData({ api, onErased }: MyDataProps) {
  const speech = useText();
  const { t } = speech;
  const [busy, setBusy] = useState<'export' | 'erase' | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [sure, setSure] = useState(false);
  const [asking, setAsking] = useState(false);
  const privacy = new PrivacyApi(api);

  const run = async (what: 'export' | 'erase', work: () => Promise<void>) => {
    if (busy !== null) return;
    setBusy(what);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(wordsOf(error, speech));
    } finally {
      setBusy(null);
    }
  };
  const exported = () => run('export', async () => save(await privacy.export()));
  const erased = () =>
    run('erase', async () => {
      await privacy.erase();
      onErased();
    });

  return (
    <div class="my-data">
      <section>
        <h2>{t('data.export')}</h2>
        <p>{t('data.export_what')}</p>
        <Button icon={icons.save} aria-disabled={busy !== null} onClick={() => void exported()}>
          {t(busy === 'export' ? 'data.preparing' : 'data.export_do')}
        </Button>
      </section>
      <section>
        <h2>{t('data.erase')}</h2>
        <p>{t('data.erase_what')}</p>
        {!asking && (
          <Button look="danger" onClick={() => setAsking(true)}>
            {t('data.erase_ask')}
          </Button>
        )}
        {asking && (
          <div class="sure">
            <label>
              <input type="checkbox" checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} /> <span>{t('data.sure')}</span>
            </label>
            <div>
              <Button look="danger" disabled={!sure || busy !== null} onClick={() => void erased()}>
                {t(busy === 'erase' ? 'data.erasing' : 'data.erase_do')}
              </Button>
              <Button
                look="quiet"
                onClick={() => {
                  setAsking(false);
                  setSure(false);
                }}
              >
                {t('data.keep')}
              </Button>
            </div>
          </div>
        )}
      </section>
      <div role="alert" class="whole-problem">
        {problem !== null && (
          <p>
            <Icon path={icons.alert} size="small" /> {problem}
          </p>
        )}
      </div>
    </div>
  );
}

/** The same over a page; the browser keeps the focus inside and gives it back. */
export function DataDialog({ onClose, ...rest }: MyDataProps & { readonly onClose: () => void }) {
  const { t } = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="card over" aria-labelledby="data-title" onClose={onClose}>
      <header>
        <h1 id="data-title">{t('data.title')}</h1>
        <IconButton label={t('action.close')} path={icons.cross} onClick={() => dialog.current?.close()} />
      </header>
      <MyData {...rest} />
    </dialog>
  );
}

function save({ name, content }: { readonly name: string; readonly content: Blob }): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
