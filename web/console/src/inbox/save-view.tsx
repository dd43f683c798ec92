// Keeping what is shown now as a view with a name.
import { useRef, useState } from 'preact/hooks';
import { uuid } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { go } from '../route.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, GeneralProblem, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { writeQuery } from './filter.ts';
import { useListing } from './listing.ts';

export function SaveViewDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const desk = useDesk();
  const { query, saved } = useListing();
  const key = useRef(uuid()).current;
  const form = useSubmission(['name', 'shared']);
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const { sort, order, ...filter } = query;
  const what = { filter: writeQuery(filter), sort: sort ?? 'updated_at', order: order ?? 'desc' } as const;
  const mayChange = saved !== undefined && (saved.owner_id === desk.me.id || desk.leads);

  const finish = async (id: string, text: string) => {
    await desk.savedViews.reload();
    onClose();
    go({ view: id, number: null, details: false });
    toast({ text });
  };
  const add = () => form.submit(async () => {
    const view = await desk.savedViewsApi.add({ name: name.trim(), shared, ...what }, key);
    await finish(view.id, t('saved.added', { name: view.name }));
  });
  const replace = (id: string) => form.submit(async () => {
    const view = await desk.savedViewsApi.change(id, what);
    await finish(view.id, t('saved.changed', { name: view.name }));
  });
  return (
    <Dialog title={t('saved.title')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <TextField label={t('field.view_name')} value={name} onValue={setName} required maxLength={60} autofocus error={form.problem.fields['name']} />
        {desk.leads && (
          <Check checked={shared} onCheck={setShared} hint={t('saved.shared_hint')}>
            {t('saved.shared')}
          </Check>
        )}
        <GeneralProblem problem={form.problem} />
        <footer>
          {mayChange && <Button onClick={() => void replace(saved.id)}>{t('saved.replace', { name: saved.name })}</Button>}
          <Button type="submit" look="primary" aria-disabled={form.busy}>
            {t('saved.add')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
