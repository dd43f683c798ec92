// Another subject and description for a request; refused when somebody else has changed it meanwhile.
import { useState } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { Dialog } from '../shell/dialog.tsx';
import { TextField } from '../shell/form.tsx';
import { useText } from '../texts.ts';

export function RenameDialog({ request, onClose }: { readonly request: SupportRequest; readonly onClose: () => void }) {
  const { t } = useText();
  const commands = useCommands();
  const [subject, setSubject] = useState(request.subject);
  const [description, setDescription] = useState(request.description);
  const [busy, setBusy] = useState(false);
  const tooShort = subject.trim().length < 3;
  const submit = async () => {
    if (busy || tooShort) return;
    setBusy(true);
    // As of the state that stood in the fields: who edits a text must not undo another's edit.
    const change = { ...(subject === request.subject ? {} : { subject: subject.trim() }), ...(description === request.description ? {} : { description: description.trim() }) };
    const done = Object.keys(change).length === 0 || (await commands.update(request, change, request.version));
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Dialog title={t('rename.title')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField label={t('field.subject')} value={subject} onValue={setSubject} required maxLength={200} autofocus error={tooShort ? t('form.too_short', { count: 3 }) : undefined} />
        <TextField label={t('field.description')} optional rows={5} maxLength={10_000} value={description} onValue={setDescription} />
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" aria-disabled={busy}>
            {t('form.save')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
