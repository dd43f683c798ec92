// Beside the conversation: who asks, where the request stands, what was promised, what happened.
import type { ConversationStore, SupportRequest } from '@guichet/sdk';
import { Avatar, Icon, IconButton, icons, stamp, useNow } from '@guichet/ui';
import { Context } from './context.tsx';
import { EntryText } from './entry.tsx';
import { Links } from './links.tsx';
import { Others } from './others.tsx';
import { Participants } from './participants.tsx';
import { AssigneePick, CategoryPick, PriorityPick, StatusPick } from './picks.tsx';
import { RatingGiven } from './rating.tsx';
import { Tags } from './tags.tsx';
import { Files } from './files.tsx';
import { ServiceLevel } from './service-level.tsx';
import type { Timeline } from './timeline-store.ts';
import { useText } from '../texts.ts';

export interface DetailsProps {
  readonly request: SupportRequest;
  readonly conversation: ConversationStore;
  readonly timeline: Timeline;
  /** How they are put away; absent where they stand beside the conversation. */
  readonly onClose?: (() => void) | undefined;
}

export function Details({ request, conversation, timeline, onClose }: DetailsProps) {
  const { t } = useText();
  const now = useNow();
  return (
    <section class="details" aria-label={t('details.title')}>
      <Person request={request} conversation={conversation} onClose={onClose} />
      <Properties request={request} />
      <ServiceLevel request={request} now={now} />
      <RatingGiven request={request} now={now} />
      <Tags request={request} />
      <Context request={request} />
      <Participants request={request} timeline={timeline} />
      <Files conversation={conversation} now={now} />
      {request.resolution !== null && request.resolution !== '' && (
        <section>
          <h2 class="section">{t('details.resolution')}</h2>
          <p class="resolution">{request.resolution}</p>
        </section>
      )}
      <History timeline={timeline} now={now} />
    </section>
  );
}

function Person({ request, conversation, onClose }: Omit<DetailsProps, 'timeline'>) {
  const { t } = useText();
  const { requester } = request;
  const name = requester.name || requester.email || t('request.no_name');
  // Alone on a phone's screen, it is the page's first heading.
  const Heading = onClose === undefined ? 'h2' : 'h1';
  const online = conversation.participants.value.some(({ id, online }) => id === requester.id && online);
  return (
    <section class="person">
      <header>
        {onClose !== undefined && <IconButton class="close-details" label={t('details.close')} path={icons.back} onClick={onClose} />}
        <Avatar id={requester.id} name={name} presence={online ? 'online' : undefined} />
        <div>
          <Heading class="truncate" title={name}>
            {name}
          </Heading>
          <p class="meta">{t(online ? 'details.online' : 'details.offline')}</p>
        </div>
      </header>
      {(requester.email !== null || requester.phone !== null) && (
        <dl>
          {requester.email !== null && (
            <>
              <dt>
                <Icon path={icons.mail} size="small" />
                <span class="visually-hidden">{t('details.email')}</span>
              </dt>
              <dd class="truncate">
                <a href={`mailto:${requester.email}`}>{requester.email}</a>
              </dd>
            </>
          )}
          {requester.phone !== null && (
            <>
              <dt>
                <Icon path={icons.phone} size="small" />
                <span class="visually-hidden">{t('details.phone')}</span>
              </dt>
              <dd class="number truncate">
                <a href={`tel:${requester.phone.replace(/[^\d+]/g, '')}`}>{requester.phone}</a>
              </dd>
            </>
          )}
        </dl>
      )}
      <Others request={request} />
    </section>
  );
}

function Properties({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  return (
    <section>
      <h2 class="visually-hidden">{t('details.tracking')}</h2>
      <dl class="properties">
        <dt>{t('details.status')}</dt>
        <dd>
          <StatusPick request={request} />
        </dd>
        <dt>{t('details.assignee')}</dt>
        <dd>
          <AssigneePick request={request} />
        </dd>
        <dt>{t('details.priority')}</dt>
        <dd>
          <PriorityPick request={request} />
        </dd>
        <dt>{t('details.category')}</dt>
        <dd>
          <CategoryPick request={request} />
        </dd>
        <dt>{t('details.number')}</dt>
        <dd class="plain number">{request.number}</dd>
      </dl>
      <Links request={request} />
    </section>
  );
}

function History({ timeline, now }: { readonly timeline: Timeline; readonly now: number }) {
  const { t, time } = useText();
  const entries = timeline.entries.value;
  const phase = timeline.phase.value;
  return (
    <section>
      <h2 class="section">{t('details.timeline')}</h2>
      {phase === 'failed' && (
        <p class="inline-error">
          {t('details.timeline_failed')}{' '}
          <button type="button" class="link" onClick={() => void timeline.load()}>
            {t('action.try_again')}
          </button>
        </p>
      )}
      <ol class="timeline" role="list">
        {entries.toReversed().map((entry) => (
          <li key={entry.id}>
            <div>
              <p>
                <EntryText entry={entry} />
              </p>
              {entry.reason !== null && entry.reason !== '' && <p class="meta">{entry.reason}</p>}
              {entry.note !== undefined && entry.note !== '' && (
                <p class="meta staff-note">
                  <Icon path={icons.lock} size="small" />
                  <span class="visually-hidden">{t('timeline.staff_note')}</span> {entry.note}
                </p>
              )}
            </div>
            <time class="meta" dateTime={entry.created_at} title={time.full(entry.created_at)}>
              {stamp(time, entry.created_at, now)}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}
