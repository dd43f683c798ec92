import { useMemo } from 'preact/hooks';
import { Avatar, IconButton, Icon, useNow } from '@guichet/ui';
import { alert, cross, send } from '@guichet/ui/icons.tsx';
import { useLive } from '../live.ts';
import { useTexts } from '../texts.ts';
import type { ConversationRecord } from '../visitor/records.ts';
import type { Parts } from '../widget.tsx';
import { TeamStack, useAnswerTime } from './team.tsx';

const RECENT = 4;

export function Home(parts: Parts) {
  const { visitor, shell } = parts;
  const { t, locale } = useTexts();
  const answerTime = useAnswerTime(visitor);
  const organization = useLive(visitor.availability)?.organization.name;
  const unreachable = useLive(visitor.unreachable) !== null;
  const firstName = useLive(visitor.memory.person).name?.split(' ')[0];
  const records = useLive(visitor.memory.records);
  return (
    <>
      <div class="hello">
        <div class="hello-bar">
          <b class="truncate">{organization}</b>
          <TeamStack visitor={visitor} size="medium" />
          <IconButton label={t('panel.close')} path={cross} onClick={() => shell.close()} />
        </div>
        <h2 tabIndex={-1} data-focus>
          {firstName ? t('home.greeting_name', { name: firstName }) : t('home.greeting')}
          <br />
          {t('home.question')}
        </h2>
      </div>
      <div class="home">
        <button type="button" class="ask card" onClick={() => shell.show({ name: 'ask' })}>
          <span>
            <b>{t('home.ask')}</b>
            <span class="meta">{answerTime ?? t('answer.soon')}</span>
          </span>
          <span class="go">
            <Icon path={send} />
          </span>
        </button>
        {unreachable && (
          <p class="notice card" role="status">
            <Icon path={alert} /> {t('home.unavailable')}
          </p>
        )}
        {records.length > 0 && (
          <div class="card recent">
            <h3>{t('home.recent')}</h3>
            <ul>
              {records.slice(0, RECENT).map((record) => (
                <Recent key={record.id} record={record} {...parts} />
              ))}
            </ul>
          </div>
        )}
        <button type="button" class="language" lang={locale === 'fr' ? 'en' : 'fr'} onClick={() => speakOther(parts)}>
          {t('home.language')}
        </button>
      </div>
    </>
  );
}

function speakOther({ shell, visitor }: Parts): void {
  shell.locale.value = shell.locale.peek() === 'fr' ? 'en' : 'fr';
  visitor.memory.language = shell.locale.peek();
}

function Recent({ record, visitor, shell }: { readonly record: ConversationRecord } & Parts) {
  const { t, time } = useTexts();
  const now = useNow();
  const { request, unread, last } = useLive(useMemo(() => visitor.summary(record), [visitor, record]));
  const agent = request?.assignee;
  const at = last?.at ?? record.opened_at;
  const state = request?.status === 'closed' ? t('home.closed') : request?.status === 'resolved' ? t('home.resolved') : null;
  return (
    <li>
      <button type="button" onClick={() => shell.show({ name: 'conversation', id: record.id })}>
        <Avatar id={agent?.id ?? record.id} name={agent?.name ?? t('conversation.team')} />
        <span class="line">
          <b class="truncate">{record.subject}</b>
          <time class="meta" dateTime={at} title={time.full(at)}>
            {time.ago(at, now)}
          </time>
        </span>
        <span class="line">
          <span class="truncate last">
            {state !== null && `${state}. `}
            {last !== null && (last.name === null ? last.text : t('home.last', { name: last.name.split(' ')[0] ?? '', text: last.text }))}
            {last === null && state === null && record.number}
          </span>
          {unread > 0 && <span class="unread">{unread}</span>}
        </span>
      </button>
    </li>
  );
}
