// A request that somebody did not open themselves: they have called, written, come by.
import { useEffect, useRef, useState } from 'preact/hooks';
import { uuid, type Priority, type RequestForSomebody, type RequestSource } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useCategories } from '../details/categories.ts';
import { useDesk } from '../desk.ts';
import { priorities } from '../inbox/filter.ts';
import { go } from '../route.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, GeneralProblem, SelectField, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';

const waysIn: readonly RequestSource[] = ['phone', 'email', 'web', 'integration'];
const fields = ['requester.name', 'requester.email', 'requester.phone', 'requester', 'subject', 'description', 'category', 'priority', 'source'];

export function OpenForSomebody({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const { requests, inbox, me } = useDesk();
  const categories = useCategories();
  const form = useSubmission(fields);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [phone, setPhone] = useState('');
  const [subject, setSubject] = useState('');
  const [description, setDescription] = useState('');
  const [category, setCategory] = useState('general');
  const [priority, setPriority] = useState<Priority>('normal');
  const [source, setSource] = useState<RequestSource>('phone');
  const [mine, setMine] = useState(true);
  // One name for all attempts with the same words: a lost answer must not open two.
  const key = useRef(uuid());
  useEffect(() => {
    key.current = uuid();
  }, [name, email, phone, subject, description, category, priority, source, mine]);

  const submit = async () => {
    const request: RequestForSomebody = {
      requester: { name: name.trim(), email: email.trim(), ...(phone.trim() === '' ? {} : { phone: phone.trim() }) },
      subject: subject.trim(),
      description: description.trim(),
      category,
      priority,
      source,
      ...(mine ? { agent_id: me.id } : {}),
    };
    await form.submit(async () => {
      const opened = await requests.open(request, key.current);
      inbox.take(opened);
      onClose();
      go({ view: mine ? 'mine' : 'unassigned', number: opened.number, details: false });
      toast({ text: t('open.done', { number: opened.number }) });
    });
  };
  const wrong = form.problem.fields;
  return (
    <Dialog title={t('open.title')} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="columns">
          <TextField label={t('field.name')} value={name} onValue={setName} required maxLength={100} autofocus error={wrong['requester.name'] ?? wrong['requester']} />
          <TextField label={t('field.email')} type="email" value={email} onValue={setEmail} required error={wrong['requester.email']} />
          <TextField label={t('field.phone')} type="tel" optional value={phone} onValue={setPhone} error={wrong['requester.phone']} />
          <SelectField label={t('field.source')} value={source} onValue={(word) => setSource(word as RequestSource)} options={waysIn.map((way) => ({ value: way, text: t(`source.${way}`) }))} error={wrong['source']} />
        </div>
        <TextField label={t('field.subject')} value={subject} onValue={setSubject} required maxLength={200} error={wrong['subject']} />
        <TextField label={t('field.description')} rows={4} value={description} onValue={setDescription} required maxLength={10_000} error={wrong['description']} />
        <div class="columns">
          <SelectField label={t('details.category')} value={category} onValue={setCategory} options={categories.map(({ id, name: called }) => ({ value: id, text: called }))} error={wrong['category']} />
          <SelectField label={t('details.priority')} value={priority} onValue={(word) => setPriority(word as Priority)} options={priorities.map((word) => ({ value: word, text: t(`priority.${word}`) }))} error={wrong['priority']} />
        </div>
        <Check checked={mine} onCheck={setMine}>
          {t('open.mine')}
        </Check>
        <GeneralProblem problem={form.problem} />
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" aria-disabled={form.busy}>
            {t('open.do')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
