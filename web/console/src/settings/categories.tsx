// The words that requests are sorted by, in both languages.
import { useState } from 'preact/hooks';
import type { RequestCategory } from '@guichet/sdk';
import { Badge, Button, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, GeneralProblem, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Item, Loaded, Removal, useEditing, useSwap } from './page.tsx';

export function CategoriesPage() {
  const { t, locale } = useText();
  const { categories, settings } = useDesk();
  const editing = useEditing<RequestCategory>();
  const swap = useSwap<RequestCategory>((id, position) => settings.changeCategory(id, { position }), categories);
  return (
    <Loaded from={categories}>
      {(all) => (
        <>
          <ul class="items" role="list">
            {all.map((category, index) => (
              <Item
                key={category.id}
                title={category.names[locale] || category.id}
                off={!category.active}
                badge={!category.active && <Badge>{t('categories.inactive')}</Badge>}
                detail={
                  <>
                    <code>{category.id}</code>
                    <span>{[category.names.fr, category.names.en].filter(Boolean).join(' · ')}</span>
                  </>
                }
                onEdit={() => editing.edit(category)}
                onUp={index > 0 ? () => void swap(all[index - 1], category) : undefined}
                onDown={index < all.length - 1 ? () => void swap(category, all[index + 1]) : undefined}
                onRemove={() => editing.remove(category)}
              />
            ))}
          </ul>
          <Button icon={icons.plus} onClick={editing.add}>
            {t('categories.add')}
          </Button>
          {editing.edited !== null && <CategoryDialog category={editing.edited === 'new' ? null : editing.edited} next={Math.max(0, ...all.map(({ position }) => position)) + 1} onClose={editing.close} />}
          {editing.removed !== null && (
            <Removal
              name={editing.removed.names[locale] || editing.removed.id}
              why={t('categories.remove_why')}
              remove={async () => {
                await settings.removeCategory(editing.removed!.id);
                await categories.reload();
              }}
              onClose={editing.close}
            />
          )}
        </>
      )}
    </Loaded>
  );
}

function CategoryDialog({ category, next, onClose }: { readonly category: RequestCategory | null; readonly next: number; readonly onClose: () => void }) {
  const { t } = useText();
  const { categories, settings } = useDesk();
  const form = useSubmission(['id', 'names.fr', 'names.en', 'names', 'active']);
  const [id, setId] = useState(category?.id ?? '');
  const [fr, setFr] = useState(category?.names.fr ?? '');
  const [en, setEn] = useState(category?.names.en ?? '');
  const [active, setActive] = useState(category?.active ?? true);
  const wrong = form.problem.fields;
  const save = () =>
    form.submit(async () => {
      const names = { fr: fr.trim(), en: en.trim() };
      if (category === null) await settings.addCategory({ id: id.trim(), names, position: next, active });
      else await settings.changeCategory(category.id, { names, active });
      await categories.reload();
      onClose();
      toast({ text: t('settings.saved') });
    });
  return (
    <Dialog title={t(category === null ? 'categories.add' : 'categories.edit')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField label={t('categories.french')} value={fr} onValue={setFr} required maxLength={60} autofocus error={wrong['names.fr'] ?? wrong['names']} />
        <TextField label={t('categories.english')} value={en} onValue={setEn} required maxLength={60} error={wrong['names.en']} />
        {category === null && <TextField label={t('categories.word')} value={id} onValue={setId} required maxLength={50} hint={t('categories.word_hint')} error={wrong['id']} />}
        <Check checked={active} onCheck={setActive} hint={t('categories.active_hint')}>
          {t('categories.active')}
        </Check>
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
