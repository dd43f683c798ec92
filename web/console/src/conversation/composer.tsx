// Where the answer is written.
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { MAX_CONTENT, type ConversationStore, type SupportRequest, type Uploads } from '@guichet/sdk';
import { Button, Icon, IconButton, icons, sends, useGrowing } from '@guichet/ui';
import { filesOf, ToSend } from '@guichet/ui/files/index.ts';
import { useDesk } from '../desk.ts';
import { useText } from '../texts.ts';
import { canTake, useAct } from './actions.ts';

export interface ComposerProps {
  readonly request: SupportRequest;
  readonly conversation: ConversationStore;
  readonly uploads: Uploads;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** A message has just been sent. */
  readonly onSent: () => void;
}

const maxLines = 12;
/** From here on the reader is told how much room is left. */
const nearFull = MAX_CONTENT - 500;

export function Composer({ request, conversation, uploads, field, onSent }: ComposerProps) {
  const { t } = useText();
  const draft = conversation.draft.value;
  const length = draft.length < nearFull ? 0 : [...draft].length;
  const tooLong = length > MAX_CONTENT;
  const form = useRef<HTMLFormElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const items = uploads.items.value;
  useGrowing(field, draft, maxLines);

  if (request.status === 'closed') {
    return (
      <p class="no-composer">
        <Icon path={icons.lock} size="small" /> {t('composer.closed')}
      </p>
    );
  }

  const send = () => {
    if (conversation.send(draft)) {
      conversation.setDraft('');
      onSent();
    }
    field.current?.focus();
  };

  return (
    <>
      {request.assignee === null && <Unassigned request={request} onTaken={() => field.current?.focus()} />}
      <form
        ref={form}
        class="composer"
        aria-label={t('composer.reply')}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div class="modes">
          <span class="mode">
            <Icon path={icons.chat} size="small" /> {t('composer.reply')}
          </span>
          <span class="to meta truncate">{t('composer.who_reads', { name: request.requester.name || t('request.no_name') })}</span>
        </div>
        <textarea
          ref={field}
          rows={2}
          value={draft}
          aria-label={t('composer.your_reply')}
          aria-invalid={tooLong}
          placeholder={t(request.status === 'resolved' ? 'composer.placeholder_resolved' : 'composer.placeholder')}
          onInput={(event) => conversation.setDraft(event.currentTarget.value)}
          onBlur={() => conversation.stopTyping()}
          onKeyDown={(event) => {
            if (!sends(event)) return;
            event.preventDefault();
            send();
          }}
        />
        <ToSend
          uploads={items}
          leftOut={uploads.leftOut.value}
          sending={uploads.sending.value}
          onRemove={(key) => {
            uploads.remove(key);
            // The button that had the focus goes with the file.
            field.current?.focus();
          }}
          onRetry={(key) => uploads.retry(key)}
        />
        <div class="tools">
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            onChange={({ currentTarget }) => {
              uploads.attach(filesOf(currentTarget.files ?? []));
              // The same file may be chosen again.
              currentTarget.value = '';
            }}
          />
          <IconButton label={t('composer.attach')} path={icons.clip} onClick={() => chooser.current?.click()} />
          {length > 0 && (
            <span class={`meta${tooLong ? ' too-long' : ''}`} role="status">
              {tooLong ? t('composer.too_long', { count: length - MAX_CONTENT }) : t('composer.left', { count: MAX_CONTENT - length })}
            </span>
          )}
          <span class="hint meta">
            <kbd class="key">{t('composer.enter')}</kbd> {t('composer.sends')}
          </span>
          <Button type="submit" look="primary">
            {t('composer.send')}
          </Button>
        </div>
      </form>
    </>
  );
}

/** Nobody answers yet: said where the answer would be written. */
function Unassigned({ request, onTaken }: { readonly request: SupportRequest; readonly onTaken: () => void }) {
  const { t } = useText();
  const { me } = useDesk();
  const act = useAct();
  if (!canTake(request, me.id)) return null;
  return (
    <p class="unassigned">
      <span>{t('composer.unassigned')}</span>
      <Button icon={icons.hand} onClick={() => void act(request, 'take').then((taken) => taken && onTaken())}>
        {t('action.take')}
      </Button>
    </p>
  );
}
