// One request's conversation, from its first message to the field for the next.
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Revisions, type ChatSession, type ConversationStore, type SupportRequest } from '@guichet/sdk';
import { Button, Empty, icons, layoutThread, Thread, useLate, useNow, useThreadScroll, type ThreadBlock } from '@guichet/ui';
import { Attached, DropHint, filesOf, hasFiles, useDraggedOver } from '@guichet/ui/files/index.ts';
import { useDesk } from '../desk.ts';
import { EntryText } from '../details/entry.tsx';
import type { Timeline } from '../details/timeline-store.ts';
import { ConnectionState } from '../shell/connection.tsx';
import { useText, type ConsoleSpeech } from '../texts.ts';
import { NoteItem } from './note.tsx';
import { useNotes, type Notes } from './notes-store.ts';
import { Composer } from './composer.tsx';
import { threadItems, type LineContent, type ThreadEnd } from './items.ts';
import { Older } from './older.tsx';
import { useIsLookedAt } from './looked-at.ts';
import { MessageBody } from './message-body.tsx';
import { ThreadSkeleton } from './skeleton.tsx';
import { Top } from './top.tsx';
import { useViewing, Viewers } from './viewers.tsx';

export interface ConversationProps {
  readonly request: SupportRequest;
  readonly conversation: ConversationStore;
  readonly timeline: Timeline;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly detailsShown: boolean;
  readonly onDetails: () => void;
  readonly onBack: () => void;
}

export function Conversation({ request, conversation, timeline, field, heading, detailsShown, onDetails, onBack }: ConversationProps) {
  const { t } = useText();
  const scroll = useThreadScroll();
  const viewing = useViewing(request, conversation);
  const desk = useDesk();
  const uploads = desk.uploads(conversation);
  const notes = useNotes(request.id);
  const noteIsOpen = desk.noteDraft(request.id).open.value;
  const section = useRef<HTMLElement>(null);
  const over = useDraggedOver(section);
  const takesFiles = request.status !== 'closed' && !noteIsOpen && conversation.phase.value !== 'refused';
  const give = (event: Event, given: DataTransfer | null) => {
    // What is words too, as a copied part of a document, stays words.
    if (!takesFiles || given === null || given.files.length === 0 || given.types.includes('text/plain')) return;
    event.preventDefault();
    uploads.attach(filesOf(given.files));
    field.current?.focus();
  };
  return (
    <section
      ref={section}
      class="conversation"
      aria-label={request.subject}
      onDragOver={(event) => {
        if (hasFiles(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        // A file that is dropped where none is taken must not replace the page.
        if (hasFiles(event)) event.preventDefault();
        give(event, event.dataTransfer);
      }}
      onPaste={(event) => give(event, event.clipboardData)}
    >
      {over && takesFiles && <DropHint />}
      <Top request={request} conversation={conversation} heading={heading} detailsShown={detailsShown} onDetails={onDetails} onBack={onBack} />
      <ConnectionState />
      <Messages request={request} conversation={conversation} timeline={timeline} notes={notes} scroll={scroll} />
      <div class="foot">
        {!scroll.atEnd && (
          <Button class="to-end" icon={icons.down} onClick={scroll.toEnd}>
            {conversation.unread.value > 0 ? t('conversation.new_below', { count: conversation.unread.value }) : t('conversation.to_end')}
          </Button>
        )}
        {conversation.phase.value !== 'refused' && <Viewers viewers={viewing.others.value} />}
        {conversation.phase.value !== 'refused' && (
          <Composer request={request} conversation={conversation} uploads={uploads} notes={notes} field={field} onSent={scroll.toEnd} />
        )}
      </div>
    </section>
  );
}

interface MessagesProps extends Pick<ConversationProps, 'request' | 'conversation' | 'timeline'> {
  readonly notes: Notes;
  readonly scroll: ReturnType<typeof useThreadScroll>;
}

function Messages({ request, conversation, timeline, notes, scroll }: MessagesProps) {
  const speech = useText();
  const { t, time } = speech;
  const { inbox, realtime, session, isAdmin, links } = useDesk();
  const now = useNow();
  const phase = conversation.phase.value;
  const revisions = useMemo(() => new Revisions(conversation, session.api), [conversation, session]);
  const messages = revisions.messages.value;
  const hasOlder = conversation.hasOlder.value;
  const online = realtime.state.value === 'online';
  const entries = timeline.entries.value;
  const written = notes.items.value;
  const chat = conversation.session.value;
  // Shown at once and whole: entries come one by one, and lines between them by another way. Without a
  // line to wait for, what this device knows is shown.
  const loading = (phase === 'loading' && (online || messages.length === 0)) || (phase !== 'refused' && (timeline.phase.value === 'loading' || notes.phase.value === 'loading'));
  const late = useLate(loading);
  const lookedAt = useIsLookedAt();

  const blocks = useMemo(() => {
    const ended = endOf(chat, speech);
    const items = threadItems(messages, entries, { hasOlder, online, ended, notes: written, wordFailure: (code, message) => wordFailure(code, message, speech) });
    return layoutThread(items, time).map((block) => ('content' in block ? { ...block, content: <Between content={block.content} notes={notes} /> } : block));
  }, [messages, entries, written, chat, hasOlder, online, speech]);

  const newest = messages.findLast(({ seq }) => seq !== null)?.seq ?? 0;
  const read = lookedAt && scroll.atEnd && !loading;
  useEffect(() => {
    if (!read || newest === 0) return;
    conversation.markRead();
    inbox.markRead(request.id, newest);
    // A frame about the request may tell of a count from just before: it is read all the same.
  }, [read, newest, request.unread_count, conversation]);

  if (phase === 'refused') {
    return (
      <Empty icon={icons.lock} title={t('conversation.refused')}>
        {t('conversation.refused_why')}
      </Empty>
    );
  }
  return (
    <div class="thread-scroll" ref={scroll.ref} tabIndex={0} role="log" aria-label={t('ui.messages')} aria-busy={loading}>
      {loading ? (
        <ThreadSkeleton shown={late} />
      ) : (
        <Thread
          blocks={blocks as ThreadBlock<preact.ComponentChildren>[]}
          typing={conversation.typing.value}
          now={now}
          after={notes.phase.value === 'failed' && <NotesFailed notes={notes} />}
          before={hasOlder ? <Older conversation={conversation} /> : <Opening request={request} first={messages[0]?.content} />}
          attached={({ attachments = [], state }) => attachments.length > 0 && <Attached attachments={attachments} source={links} pending={state === 'pending'} />}
          around={({ key }, words) => {
            const message = messages.find((one) => one.key === key);
            if (message === undefined || message.id === null || !(message.mine || isAdmin)) return words;
            return (
              <MessageBody key={key} message={message} revisions={revisions} takesEdits={request.status !== 'closed'}>
                {words}
              </MessageBody>
            );
          }}
          onSendAgain={(key) => conversation.retry(key)}
          onDiscard={(key) => {
            const text = conversation.discard(key);
            // What was written is not thrown away: it goes back to where it was written.
            if (text !== undefined) conversation.setDraft([text, conversation.draft.value].filter((part) => part.trim() !== '').join('\n'));
          }}
        />
      )}
    </div>
  );
}

/** The messages are there, the notes are not: nobody must take that for "no notes". */
function NotesFailed({ notes }: { readonly notes: Notes }) {
  const { t } = useText();
  return (
    <li class="system inline-error">
      {t('note.failed')}{' '}
      <button type="button" class="link" onClick={() => void notes.load()}>
        {t('action.try_again')}
      </button>
    </li>
  );
}

/** What the requester wrote in the form: not a message, but where the conversation starts. */
function Opening({ request, first }: { readonly request: SupportRequest; readonly first: string | undefined }) {
  const { t } = useText();
  const words = request.description.trim();
  // A chat is described by its first message or its subject: said once is enough.
  if (words === '' || words === first?.trim() || words === request.subject.trim()) return null;
  return (
    <li class="opening">
      <h2>{t('conversation.description')}</h2>
      <p>{request.description}</p>
    </li>
  );
}

/** That the chat was live and is no more. */
function endOf(session: ChatSession | null, { t }: ConsoleSpeech): ThreadEnd | undefined {
  if (session === null || session.ended_at === null) return undefined;
  const text = t(session.status === 'timeout' ? 'conversation.chat_timeout' : 'conversation.chat_ended');
  return { key: session.id, at: session.ended_at, text };
}

function Between({ content, notes }: { readonly content: LineContent; readonly notes: Notes }) {
  if ('note' in content) return <NoteItem note={content.note} notes={notes} />;
  return 'entry' in content ? <EntryText entry={content.entry} /> : <>{content.text}</>;
}

function wordFailure(code: string, message: string, { t }: ConsoleSpeech): string | undefined {
  if (message !== '') return message;
  return code === 'too_long' ? t('failure.too_long') : t('failure.refused');
}
