// The saved views: their names, their order, who sees them.
import { useState } from 'preact/hooks';
import type { SavedView } from '@guichet/sdk';
import { Badge, Button } from '@guichet/ui';
import { useCategoryName } from '../details/categories.ts';
import { useAgents } from '../dialogs/action.tsx';
import { useDesk } from '../desk.ts';
import { describe } from '../inbox/chips.tsx';
import { readQuery } from '../inbox/filter.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, GeneralProblem, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Item, Loaded, Removal, useEditing, useSwap } from './page.tsx';

export function ViewsPage() {
  const speech = useText();
  const { t } = speech;
  const { savedViews, savedViewsApi, me, leads } = useDesk();
  const editing = useEditing<SavedView>();
  const categoryName = useCategoryName();
  const agents = useAgents();
  const mayChange = ({ shared, owner_id }: SavedView) => owner_id === me.id || (shared && leads);
  const words = (view: SavedView) =>
    describe(readQuery({ ...view.filter, sort: view.sort === 'updated_at' ? null : view.sort, order: view.sort === 'updated_at' ? null : view.order }), speech, categoryName, (id) => agents.find((agent) => agent.id === id)?.name ?? id)
      .map(({ text }) => text)
      .join(' · ');
  const swap = useSwap<SavedView>((id, position) => savedViewsApi.change(id, { position }), savedViews);
  return (
    <Loaded from={savedViews}>
      {(all) => (
        <>
          {all.length === 0 && <p class="meta">{t('saved.none')}</p>}
          <ul class="items" role="list">
            {all.map((view, index) => (
              <Item
                key={view.id}
                title={view.name}
                badge={<Badge>{t(view.shared ? 'settings.shared' : 'settings.own')}</Badge>}
                detail={words(view)}
                onEdit={mayChange(view) ? () => editing.edit(view) : undefined}
                onUp={mayChange(view) && index > 0 && mayChange(all[index - 1]!) ? () => void swap(all[index - 1], view) : undefined}
                onDown={mayChange(view) && index < all.length - 1 && mayChange(all[index + 1]!) ? () => void swap(view, all[index + 1]) : undefined}
                onRemove={mayChange(view) ? () => editing.remove(view) : undefined}
              />
            ))}
          </ul>
          {editing.edited !== null && editing.edited !== 'new' && <ViewDialog view={editing.edited} onClose={editing.close} />}
          {editing.removed !== null && (
            <Removal
              name={editing.removed.name}
              why={t('saved.remove_why')}
              remove={async () => {
                await savedViewsApi.remove(editing.removed!.id);
                await savedViews.reload();
              }}
              onClose={editing.close}
            />
          )}
        </>
      )}
    </Loaded>
  );
}

function ViewDialog({ view, onClose }: { readonly view: SavedView; readonly onClose: () => void }) {
  const { t } = useText();
  const { savedViews, savedViewsApi, leads } = useDesk();
  const form = useSubmission(['name', 'shared']);
  const [name, setName] = useState(view.name);
  const [shared, setShared] = useState(view.shared);
  const save = () =>
    form.submit(async () => {
      await savedViewsApi.change(view.id, { name: name.trim(), ...(shared === view.shared ? {} : { shared }) });
      await savedViews.reload();
      onClose();
      toast({ text: t('settings.saved') });
    });
  return (
    <Dialog title={t('saved.edit')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField label={t('field.view_name')} value={name} onValue={setName} required maxLength={60} autofocus error={form.problem.fields['name']} />
        {leads && (
          <Check checked={shared} onCheck={setShared} hint={t('saved.shared_hint')}>
            {t('saved.shared')}
          </Check>
        )}
        <GeneralProblem problem={form.problem} />
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" aria-disabled={form.busy}>
            {t('form.save')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
