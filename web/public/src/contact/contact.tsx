// The contact form: what is written is kept until it is sent.
import { useMemo, useRef, useState } from 'preact/hooks';
import { RequesterApi, uuid, type OpenedPublicSupportRequest } from '@guichet/sdk';
import { Button, Icon, icons } from '@guichet/ui';
import { AreaField, emailProblem, SelectField, textOf, TextField, useForm, WholeProblem } from '../form.tsx';
import { Frame } from '../frame.tsx';
import { nobody, organization } from '../organization.ts';
import { useText, type PageSpeech } from '../texts.ts';
import { categories } from './categories.ts';
import { Chosen } from './chosen.tsx';
import { clearDraft, keepDraft, readDraft } from './draft.ts';
import { Sent } from './sent.tsx';

const SUBJECT = { least: 10, most: 200 };
const DESCRIPTION = { least: 20, most: 10_000 };

/** What a request may be about, as a link of the shop says: `?order_id=58213&vehicle=Peugeot+308`. */
const asked = new URLSearchParams(location.search);

export function ContactPage() {
  const { t } = useText();
  const [opened, setOpened] = useState<{ readonly answer: OpenedPublicSupportRequest; readonly files: readonly File[] } | null>(null);
  return (
    <Frame part={t('contact.part')} title={t('contact.title')} here="contact">
      <main class="wide alone">{opened === null ? <ContactForm onSent={(answer, files) => setOpened({ answer, files })} /> : <Sent opened={opened.answer} files={opened.files} onMore={() => setOpened(null)} />}</main>
    </Frame>
  );
}

function ContactForm({ onSent }: { readonly onSent: (answer: OpenedPublicSupportRequest, files: readonly File[]) => void }) {
  const speech = useText();
  const { t, locale } = speech;
  const draft = useMemo(readDraft, []);
  const [files, setFiles] = useState<readonly File[]>([]);
  const last = useRef({ body: '', key: '' });
  const form = useForm(
    async (values) => {
      const request = requestOf(values);
      const body = JSON.stringify(request);
      // The same form sent again is the same request.
      if (last.current.body !== body) last.current = { body, key: uuid() };
      const answer = await new RequesterApi(nobody, organization).openSupportRequest(request, last.current.key);
      clearDraft();
      onSent(answer, files);
    },
    (values) => check(values, speech),
  );
  const vehicle = draft['license_plate'] ?? asked.get('license_plate') ?? '';
  return (
    <form ref={form.ref} class="card contact" noValidate aria-busy={form.busy} onSubmit={form.onSubmit} onInput={(event) => keepDraft(new FormData(event.currentTarget))}>
      <header>
        <h1>{t('contact.title')}</h1>
        <p>{t('contact.lead')}</p>
      </header>
      <div class="pair">
        <TextField name="name" label={t('contact.name')} form={form} autoComplete="name" maxLength={100} defaultValue={draft['name']} />
        <TextField name="phone" type="tel" label={t('contact.phone')} form={form} optional autoComplete="tel" defaultValue={draft['phone']} />
      </div>
      <TextField name="email" type="email" label={t('contact.email')} form={form} autoComplete="email" hint={t('contact.email_why')} defaultValue={draft['email']} />
      <SelectField name="category" label={t('contact.category')} form={form} choices={categories(locale)} value={draft['category'] ?? asked.get('category') ?? 'general'} />
      <TextField name="subject" label={t('contact.subject')} form={form} maxLength={SUBJECT.most} defaultValue={draft['subject'] ?? asked.get('subject') ?? ''} />
      <AreaField name="description" label={t('contact.description')} form={form} rows={6} maxLength={DESCRIPTION.most} defaultValue={draft['description']} />
      <details class="more" open={Boolean(draft['order_id'] ?? asked.get('order_id') ?? vehicle)}>
        <summary>
          <Icon path={icons.right} size="small" /> {t('contact.more')}
        </summary>
        <div class="pair">
          <TextField name="order_id" label={t('contact.order')} form={form} optional spellcheck={false} defaultValue={draft['order_id'] ?? asked.get('order_id') ?? ''} />
          <TextField name="license_plate" label={t('contact.plate')} form={form} optional spellcheck={false} autoCapitalize="characters" defaultValue={vehicle} />
        </div>
      </details>
      <Chosen files={files} onChange={setFiles} />
      <WholeProblem form={form} />
      <footer>
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'contact.send')}
        </Button>
        <p class="meta">{t('contact.promise')}</p>
      </footer>
    </form>
  );
}

function requestOf(values: FormData) {
  const phone = textOf(values, 'phone');
  const order_id = textOf(values, 'order_id');
  const license_plate = textOf(values, 'license_plate');
  return {
    name: textOf(values, 'name'),
    email: textOf(values, 'email'),
    ...(phone === '' ? {} : { phone }),
    subject: textOf(values, 'subject'),
    description: textOf(values, 'description'),
    category: textOf(values, 'category'),
    ...(order_id === '' ? {} : { context: { order_id } }),
    ...(license_plate === '' ? {} : { metadata: { vehicle: { license_plate } } }),
  };
}

/** The rules of the server, told before anything is sent. */
function check(values: FormData, speech: PageSpeech): Record<string, string> {
  const { t } = speech;
  const wrong: Record<string, string> = {};
  if (textOf(values, 'name') === '') wrong['name'] = t('contact.name_missing');
  const email = emailProblem(textOf(values, 'email'), speech);
  if (email !== null) wrong['email'] = email;
  const lengths = { subject: SUBJECT, description: DESCRIPTION };
  for (const name of ['subject', 'description'] as const) {
    const count = [...textOf(values, name)].length;
    if (count === 0) wrong[name] = t(`contact.${name}_missing`);
    else if (count < lengths[name].least) wrong[name] = t('form.too_short', { count: lengths[name].least });
  }
  return wrong;
}
