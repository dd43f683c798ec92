// The field for an answer: the message, its files, canned replies by `/`.
import type { ComponentChildren, RefObject } from 'preact';
import { effect } from '@preact/signals';
import { useId, useRef, useState } from 'preact/hooks';
import { MAX_CONTENT, type ActionName, type ConversationStore, type SupportRequest, type Uploads } from '@guichet/sdk';
import { Button, Icon, IconButton, icons, sends, useGrowing } from '@guichet/ui';
import { filesOf, ToSend } from '@guichet/ui/files/index.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { useText } from '../texts.ts';
import { isUnresolved, useCommands } from './actions.ts';
import { useCanned } from './canned.tsx';

export interface ReplyFieldProps {
  readonly modes: ComponentChildren;
  readonly request: SupportRequest;
  readonly conversation: ConversationStore;
  readonly uploads: Uploads;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onSent: () => void;
}

const maxLines = 12;
/** From here on the reader is told how much room is left. */
const nearFull = MAX_CONTENT - 500;

export function ReplyField({ modes, request, conversation, uploads, field, onSent }: ReplyFieldProps) {
  const { t } = useText();
  const commands = useCommands();
  const draft = conversation.draft.value;
  const length = draft.length < nearFull ? 0 : [...draft].length;
  const tooLong = length > MAX_CONTENT;
  const chooser = useRef<HTMLInputElement>(null);
  const list = useId();
  const [cursor, setCursor] = useState(0);
  const canned = useCanned({ id: list, request, text: draft, cursor, field, onText: (text) => conversation.setDraft(text) });
  useGrowing(field, draft, maxLines);

  const send = () => {
    const sent = conversation.send(draft);
    if (sent) {
      conversation.setDraft('');
      onSent();
    }
    field.current?.focus();
    return sent;
  };
  /** The status follows the message: it must not come first. */
  const sendAnd = async (name: ActionName) => {
    if (send() && (await allSent(conversation))) await commands.act(request, name);
  };

  return (
    <form
      class="composer"
      data-mode="reply"
      aria-label={t('composer.reply')}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {modes}
      {canned.list}
      <textarea
        ref={field}
        rows={2}
        value={draft}
        aria-label={t('composer.your_reply')}
        aria-invalid={tooLong}
        placeholder={t(request.status === 'resolved' ? 'composer.placeholder_resolved' : 'composer.placeholder')}
        {...canned.field}
        onInput={(event) => {
          conversation.setDraft(event.currentTarget.value);
          setCursor(event.currentTarget.selectionStart);
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
        onBlur={() => conversation.stopTyping()}
        onKeyDown={(event) => {
          if (canned.onKeyDown(event) || !sends(event)) return;
          event.preventDefault();
          send();
        }}
      />
      <ToSend
        uploads={uploads.items.value}
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
        <IconButton label={t('composer.canned')} path={icons.bolt} onClick={canned.begin} />
        {length > 0 && (
          <span class={`meta${tooLong ? ' too-long' : ''}`} role="status">
            {tooLong ? t('composer.too_long', { count: length - MAX_CONTENT }) : t('composer.left', { count: MAX_CONTENT - length })}
          </span>
        )}
        <span class="hint meta">
          <kbd class="key">{t('composer.enter')}</kbd> {t('composer.sends')}
        </span>
        <span class="split">
          <Button type="submit" look="primary">
            {t('composer.send')}
          </Button>
          <Menu disabled={!isUnresolved(request)} label={t('composer.send_and')} buttonLabel={t('composer.send_and')} buttonClass="button primary" edge="end" button={<Icon path={icons.down} size="small" />}>
            <MenuItem icon={<Icon path={icons.pause} />} onChoose={() => void sendAnd('wait')}>
              {t('composer.send_and_wait')}
            </MenuItem>
            <MenuItem icon={<Icon path={icons.check} />} onChoose={() => void sendAnd('resolve')}>
              {t('composer.send_and_resolve')}
            </MenuItem>
          </Menu>
        </span>
      </div>
    </form>
  );
}

/** Waits until nothing of one's own is on its way; answers whether all of it has arrived. */
function allSent(conversation: ConversationStore): Promise<boolean> {
  return new Promise((resolve) => {
    let done = false;
    const stop = effect(() => {
      const states = conversation.messages.value.filter(({ mine }) => mine).map(({ state }) => state);
      if (states.includes('pending') || done) return;
      done = true;
      resolve(states.at(-1) !== 'failed');
      queueMicrotask(() => stop());
    });
  });
}
