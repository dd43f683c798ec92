// Two requests of one person become one.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, type SupportRequest } from '@guichet/sdk';
import { Badge, Button, stamp, useNow } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { statusTone } from '../details/status.ts';
import { useDesk } from '../desk.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, TextField } from '../shell/form.tsx';
import { useText } from '../texts.ts';

export function MergeDialog({ request, onClose }: { readonly request: SupportRequest; readonly onClose: () => void }) {
  const { t, time } = useText();
  const commands = useCommands();
  const now = useNow();
  const { others, failed } = useOthers(request);
  const [into, setInto] = useState<SupportRequest | null>(null);
  const [note, setNote] = useState('');
  const [told, setTold] = useState(true);
  const [busy, setBusy] = useState(false);
  const open = others?.filter(({ status }) => status !== 'closed') ?? [];
  const submit = async () => {
    if (busy || into === null) return;
    setBusy(true);
    const done = await commands.merge(request, into, { ...(note.trim() === '' ? {} : { note: note.trim() }), notify_customer: told });
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Dialog title={t('merge.title')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>{t('merge.what_follows', { number: request.number, name: request.requester.name || t('request.no_name') })}</p>
        {others === null && !failed && <p class="meta">{t('merge.loading')}</p>}
        {failed && <p class="inline-error">{t('others.failed')}</p>}
        {others !== null && open.length === 0 && <p>{t('merge.none')}</p>}
        {open.length > 0 && (
          <fieldset class="choices-list">
            <legend class="visually-hidden">{t('merge.into')}</legend>
            {open.map((one) => (
              <label key={one.id} class="choice">
                <input type="radio" name="into" checked={into?.id === one.id} onChange={() => setInto(one)} />
                <span class="choice-words">
                  <b class="truncate">{one.subject}</b>
                  <span class="meta">
                    {one.number} · {stamp(time, one.created_at, now)}
                  </span>
                </span>
                <Badge tone={statusTone[one.status]}>{t(`status.${one.status}`)}</Badge>
              </label>
            ))}
          </fieldset>
        )}
        {open.length > 0 && (
          <>
            <TextField label={t('dialog.note')} optional hint={t('dialog.staff_sees')} rows={2} value={note} onValue={setNote} />
            <Check checked={told} onCheck={setTold}>
              {t('dialog.notify_customer')}
            </Check>
          </>
        )}
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          {open.length > 0 && (
            <Button type="submit" look="primary" disabled={into === null} aria-disabled={busy}>
              {t('merge.do')}
            </Button>
          )}
        </footer>
      </form>
    </Dialog>
  );
}

/** The other requests of the same person, newest activity first; null until they are there. */
export function useOthers(request: SupportRequest): { readonly others: readonly SupportRequest[] | null; readonly total: number; readonly failed: boolean } {
  const { requests, inbox } = useDesk();
  const [state, setState] = useState<{ ids: readonly string[] | null; total: number; failed: boolean }>({ ids: null, total: 0, failed: false });
  const { id, requester } = request;
  useEffect(() => {
    let current = true;
    requests.list({ requester: requester.id, limit: 50 }).then(
      ({ items, total }) => {
        if (!current) return;
        inbox.learn(items);
        setState({ ids: items.map((one) => one.id).filter((one) => one !== id), total: Math.max(0, total - 1), failed: false });
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (current) setState({ ids: null, total: 0, failed: true });
      },
    );
    return () => {
      current = false;
    };
  }, [requests, inbox, id, requester.id]);
  // Read from the inbox, so that what becomes of them is seen here too.
  const others = state.ids?.flatMap((one) => inbox.request(one) ?? []) ?? null;
  return { others, total: state.total, failed: state.failed };
}
