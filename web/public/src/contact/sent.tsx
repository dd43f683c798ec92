// The request is there: its number, what happens next, and the files on their way.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { browserStore, ConversationApi, ConversationStore, GuestTokens, pageTab, RealtimeClient, realtimeUrl, systemClock, Uploads, type OpenedPublicSupportRequest } from '@guichet/sdk';
import { Button, Icon, icons } from '@guichet/ui';
import { ToSend } from '@guichet/ui/files/index.ts';
import { nobody, pageOf } from '../organization.ts';
import { useText } from '../texts.ts';

export interface SentProps {
  readonly opened: OpenedPublicSupportRequest;
  readonly files: readonly File[];
  readonly onMore: () => void;
}

export function Sent({ opened, files, onMore }: SentProps) {
  const { t } = useText();
  const { support_request: request, access_token } = opened;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  // The token is behind the `#`: it goes to no server, and that page takes it out of the address.
  const page = `${pageOf(`/r/${encodeURIComponent(request.number)}`)}#${encodeURIComponent(access_token)}`;
  return (
    <section class="card sent">
      <Icon path={icons.check} />
      <h1 ref={heading} tabIndex={-1}>
        {t('sent.title')}
      </h1>
      <p class="number">{t('sent.number', { number: request.number })}</p>
      <p>{t('sent.next', { email: request.requester.email ?? '' })}</p>
      {files.length > 0 && <Sending opened={opened} files={files} />}
      <p class="actions">
        <a class="button primary large" href={page}>
          {t('sent.follow')}
        </a>
        <Button look="quiet" large onClick={onMore}>
          {t('sent.another')}
        </Button>
      </p>
    </section>
  );
}

/** The files become the first message of the request's conversation, by the same way as any other. */
function Sending({ opened, files }: Pick<SentProps, 'opened' | 'files'>) {
  const { t } = useText();
  const { store, uploads, realtime } = useMemo(() => {
    const { conversation_id: id, requester } = opened.support_request;
    const tokens = new GuestTokens(opened.access_token);
    const api = nobody.with(tokens);
    const scope = `guest-${id}`;
    const line = new RealtimeClient({ url: realtimeUrl(api.origin), tokens });
    const conversation = new ConversationStore({ id, side: 'customer', scope, me: { id: requester.id, name: requester.name }, api: new ConversationApi(api), realtime: line, storage: browserStore(), clock: systemClock, random: Math.random, tab: pageTab() });
    return { store: conversation, realtime: line, uploads: new Uploads({ conversation, api, scope }) };
  }, [opened]);
  useEffect(() => {
    realtime.start();
    uploads.attach(files);
    store.send('');
    return () => {
      store.dispose();
      realtime.stop();
    };
  }, [store]);
  const items = uploads.items.value;
  const busy = store.busy.value;
  const failed = items.some(({ state }) => state === 'failed');
  // Whoever leaves before they are there is asked by the browser.
  useEffect(() => {
    if (!busy) return undefined;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', stay);
    return () => removeEventListener('beforeunload', stay);
  }, [busy]);
  return (
    <div class="sending">
      <ToSend
        uploads={items}
        leftOut={[]}
        sending={false}
        onRemove={(key) => {
          uploads.remove(key);
          store.send('');
        }}
        onRetry={(key) => {
          uploads.retry(key);
          store.send('');
        }}
      />
      <p class="meta" role="status">
        {failed ? t('sent.files_failed') : busy || items.length > 0 ? t('sent.files_going') : t('sent.files_there')}
      </p>
    </div>
  );
}
