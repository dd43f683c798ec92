// Canned replies: one's own, and those that everybody shares.
import { useRef, useState } from 'preact/hooks';
import type { CannedReply, Language } from '@guichet/sdk';
import { Badge, Button, icons } from '@guichet/ui';
import { placeholders } from '../conversation/placeholders.ts';
import { useCategories } from '../details/categories.ts';
import { useDesk } from '../desk.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, Field, GeneralProblem, SelectField, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Item, Loaded, Removal, useEditing } from './page.tsx';

export function RepliesPage() {
  const { t, locale } = useText();
  const { cannedReplies, cannedRepliesApi, me, leads } = useDesk();
  const editing = useEditing<CannedReply>();
  const mayChange = ({ shared, owner_id }: CannedReply) => (shared ? leads : owner_id === me.id);
  return (
    <Loaded from={cannedReplies}>
      {(all) => (
        <>
          {all.length === 0 && <p class="meta">{t('canned.none_yet')}</p>}
          <ul class="items" role="list">
            {all
              .toSorted((a, b) => a.title.localeCompare(b.title, locale))
              .map((reply) => (
                <Item
                  key={reply.id}
                  title={reply.title}
                  badge={
                    <>
                      <kbd class="key">/{reply.shortcut}</kbd> <Badge>{t(reply.shared ? 'settings.shared' : 'settings.own')}</Badge>
                    </>
                  }
                  detail={<p class="item-text">{reply.content}</p>}
                  onEdit={mayChange(reply) ? () => editing.edit(reply) : undefined}
                  onRemove={mayChange(reply) ? () => editing.remove(reply) : undefined}
                />
              ))}
          </ul>
          <Button icon={icons.plus} onClick={editing.add}>
            {t('canned.add')}
          </Button>
          {editing.edited !== null && <ReplyDialog reply={editing.edited === 'new' ? null : editing.edited} onClose={editing.close} />}
          {editing.removed !== null && (
            <Removal
              name={editing.removed.title}
              why={t('canned.remove_why')}
              remove={async () => {
                await cannedRepliesApi.remove(editing.removed!.id);
                await cannedReplies.reload();
              }}
              onClose={editing.close}
            />
          )}
        </>
      )}
    </Loaded>
  );
}

function ReplyDialog({ reply, onClose }: { readonly reply: CannedReply | null; readonly onClose: () => void }) {
  const { t } = useText();
  const { cannedReplies, cannedRepliesApi, leads } = useDesk();
  const categories = useCategories();
  const form = useSubmission(['title', 'shortcut', 'content', 'language', 'category', 'shared']);
  const field = useRef<HTMLTextAreaElement>(null);
  const [title, setTitle] = useState(reply?.title ?? '');
  const [shortcut, setShortcut] = useState(reply?.shortcut ?? '');
  const [content, setContent] = useState(reply?.content ?? '');
  const [language, setLanguage] = useState<Language | ''>(reply?.language ?? '');
  const [category, setCategory] = useState(reply?.category ?? '');
  const [shared, setShared] = useState(reply?.shared ?? false);
  const wrong = form.problem.fields;
  const save = () =>
    form.submit(async () => {
      const said = {
        title: title.trim(),
        shortcut: shortcut.trim().replace(/^\//, ''),
        content,
        language: language === '' ? null : language,
        category: category === '' ? null : category,
        shared,
      };
      if (reply === null) await cannedRepliesApi.add(said);
      else await cannedRepliesApi.change(reply.id, said);
      await cannedReplies.reload();
      onClose();
      toast({ text: t('settings.saved') });
    });
  const insert = (placeholder: string) => {
    const element = field.current;
    const at = element?.selectionStart ?? content.length;
    const words = `{{${placeholder}}}`;
    setContent(content.slice(0, at) + words + content.slice(element?.selectionEnd ?? at));
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(at + words.length, at + words.length);
    });
  };
  const any = { value: '', text: t('filter.any') };
  return (
    <Dialog title={t(reply === null ? 'canned.add' : 'canned.edit')} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="columns">
          <TextField label={t('canned.title')} value={title} onValue={setTitle} required maxLength={100} autofocus error={wrong['title']} />
          <TextField label={t('canned.shortcut')} required value={shortcut} onValue={setShortcut} maxLength={30} hint={t('canned.shortcut_hint')} error={wrong['shortcut']} />
        </div>
        <Field label={t('canned.content')} error={wrong['content']}>
          {(control) => (
            <textarea ref={field} class={`input${wrong['content'] === undefined ? '' : ' invalid'}`} rows={6} required maxLength={5000} value={content} onInput={(event) => setContent(event.currentTarget.value)} {...control} />
          )}
        </Field>
        <div class="placeholders" role="group" aria-label={t('canned.placeholders')}>
          <span class="meta">{t('canned.placeholders')}</span>
          {placeholders.map((placeholder) => (
            <button key={placeholder} type="button" class="tag" onClick={() => insert(placeholder)}>
              {t(`placeholder.${placeholder}`)}
            </button>
          ))}
        </div>
        <div class="columns">
          <SelectField
            label={t('account.language')}
            value={language}
            onValue={(word) => setLanguage(word as Language | '')}
            options={[any, { value: 'fr', text: 'Français' }, { value: 'en', text: 'English' }]}
            error={wrong['language']}
          />
          <SelectField label={t('details.category')} value={category} onValue={setCategory} options={[any, ...categories.map(({ id, name }) => ({ value: id, text: name }))]} error={wrong['category']} />
        </div>
        {leads && (
          <Check checked={shared} onCheck={setShared} hint={t('canned.shared_hint')}>
            {t('canned.shared')}
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
