// A conversation as it is read: the parts, and the whole.
import { Fragment, type ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { alert, check, checks, clock, Icon } from './icons.tsx';
import { RichText } from './rich-text.tsx';
import { Avatar } from './person.tsx';
import { useSpeech } from './texts.ts';
import { showsReceipt, type GroupBlock, type ThreadBlock, type ThreadMessage } from './thread-layout.ts';

export interface MessageActions {
  /** Sends a failed message again, under the same id. */
  readonly onSendAgain: (key: string) => void;
  /** Gives a failed message up. */
  readonly onDiscard?: (key: string) => void;
  /** Puts around a message's words what can be done with them. */
  /** A message's files, as they are drawn under its words; null when it has none. */
  readonly attached?: (message: ThreadMessage) => ComponentChildren;
  readonly around?: (message: ThreadMessage, words: ComponentChildren) => ComponentChildren;
}

export interface ThreadProps extends MessageActions {
  readonly blocks: readonly ThreadBlock<ComponentChildren>[];
  readonly typing: readonly { readonly id: string; readonly name: string }[];
  readonly now: number;
  /** What stands before the first block, such as the mark that loads older messages. */
  readonly before?: ComponentChildren;
  /** What stands after the last message. */
  readonly after?: ComponentChildren;
}

export function Thread({ blocks, typing, now, before, after, ...actions }: ThreadProps) {
  return (
    <ol class="thread">
      {before}
      {blocks.map((block) => {
        if (block.kind === 'day') return <DaySeparator key={block.key} at={block.at} now={now} />;
        if (block.kind === 'aside') return <li key={block.key}>{block.content}</li>;
        if (block.kind === 'group') return <Group key={block.key} group={block} {...actions} />;
        return (
          <SystemLine key={block.key} at={block.at} icon={block.icon}>
            {block.content}
          </SystemLine>
        );
      })}
      {typing.map(({ id, name }) => (
        <li key={`typing-${id}`} class="group" data-side="them">
          <Avatar id={id} name={name} size="medium" />
          <div class="bubbles">
            <Typing name={name} />
          </div>
        </li>
      ))}
      {after}
    </ol>
  );
}

export function DaySeparator({ at, now }: { readonly at: string; readonly now: number }) {
  const { time } = useSpeech();
  return <li class="day">{time.heading(at, now)}</li>;
}

export interface SystemLineProps {
  readonly at: string;
  readonly icon?: string | undefined;
  readonly children: ComponentChildren;
}

export function SystemLine({ at, icon, children }: SystemLineProps) {
  return (
    <li class="system">
      {icon !== undefined && <Icon path={icon} size="small" />}
      <span>{children}</span> <Clock at={at} />
    </li>
  );
}

export function Group({ group, ...actions }: { readonly group: GroupBlock } & MessageActions) {
  const { messages, side, own, sender, at } = group;
  return (
    <li class="group" data-side={side}>
      {side === 'them' && <Avatar id={sender.id} name={sender.name} size="medium" />}
      <div class="bubbles">
        {own ? (
          <span class="visually-hidden">{sender.name}</span>
        ) : (
          <p class="sender">
            <b class="truncate">{sender.name}</b> <Clock at={at} />
          </p>
        )}
        {messages.map((message, index) => (
          <Fragment key={message.key}>
            <Bubble message={message} {...actions} />
            {showsReceipt(messages, index) && <Receipt message={message} {...actions} />}
          </Fragment>
        ))}
      </div>
    </li>
  );
}

export function Bubble({ message, around, attached }: { readonly message: ThreadMessage } & Pick<MessageActions, 'around' | 'attached'>) {
  const { t, time } = useSpeech();
  // A thread is laid out anew at each change; words that stay the same are not parsed again.
  const words = useMemo(() => <RichText text={message.content} />, [message.content]);
  if (message.deleted) {
    return (
      <div class="bubble" data-deleted>
        {t('ui.deleted')}
      </div>
    );
  }
  const files = attached?.(message);
  // What has no words has no bubble.
  if (files && message.content === '') return around ? around(message, files) : files;
  return (
    <>
      <div class="bubble" data-state={message.state} title={time.full(message.at)}>
        {around ? around(message, words) : words}
        {message.edited && <span class="meta"> {t('ui.edited')}</span>}
      </div>
      {files}
    </>
  );
}

export function Receipt({ message, onSendAgain, onDiscard }: { readonly message: ThreadMessage } & MessageActions) {
  const { t } = useSpeech();
  const { state, key } = message;
  if (state === 'failed') {
    return (
      <p class="receipt" data-state={state}>
        <Icon path={alert} size="small" />
        {message.failure === undefined ? t('ui.failed') : t('ui.failed_because', { reason: message.failure })}
        {!message.final && (
          <button type="button" onClick={() => onSendAgain(key)}>
            {t('ui.send_again')}
          </button>
        )}
        {onDiscard !== undefined && (
          <button type="button" onClick={() => onDiscard(key)}>
            {t('ui.discard')}
          </button>
        )}
      </p>
    );
  }
  if (state === 'pending') {
    const words = {
      sending: 'ui.sending',
      offline: 'ui.pending_offline',
      after_previous: 'ui.pending_after_previous',
    } as const;
    return (
      <p class="receipt" data-state={state}>
        <Icon path={clock} size="small" /> {t(words[message.waiting ?? 'sending'])}
      </p>
    );
  }
  return (
    <p class="receipt" data-state={state}>
      <Icon path={state === 'sent' ? check : checks} size="small" /> {t(({ sent: 'ui.sent', delivered: 'ui.delivered', read: 'ui.read' } as const)[state])} <Clock at={message.at} />
    </p>
  );
}

export function Typing({ name }: { readonly name: string }) {
  const { t } = useSpeech();
  return (
    <span class="typing" role="status">
      <span class="visually-hidden">{t('ui.is_typing', { name })}</span>
      <i />
      <i />
      <i />
    </span>
  );
}

/** The time of day; the whole date in its tooltip and for machines. */
export function Clock({ at }: { readonly at: string }) {
  const { time } = useSpeech();
  return (
    <time dateTime={at} title={time.full(at)}>
      {time.clock(at)}
    </time>
  );
}
