// A new request that follows a closed one.
import { useRef, useState } from 'preact/hooks';
import { uuid, type SupportRequest } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { Dialog } from '../shell/dialog.tsx';
import { TextField } from '../shell/form.tsx';
import { useText } from '../texts.ts';

export function FollowUpDialog({ request, onClose }: { readonly request: SupportRequest; readonly onClose: () => void }) {
  const { t } = useText();
  const commands = useCommands();
  // One name for all attempts: a lost answer must not open two.
  const key = useRef(uuid()).current;
  const [subject, setSubject] = useState(request.subject);
  const [description, setDescription] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (busy || subject.trim().length < 3) return;
    setBusy(true);
    const done = await commands.followUp(request, { subject: subject.trim(), ...(description.trim() === '' ? {} : { description: description.trim() }) }, key);
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Dialog title={t('follow_up.title')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>{t('follow_up.what_follows', { number: request.number })}</p>
        <TextField label={t('field.subject')} value={subject} onValue={setSubject} required maxLength={200} autofocus error={subject.trim().length < 3 ? t('form.too_short', { count: 3 }) : undefined} />
        <TextField label={t('field.description')} optional rows={4} maxLength={10_000} value={description} onValue={setDescription} />
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" aria-disabled={busy}>
            {t('follow_up.do')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
