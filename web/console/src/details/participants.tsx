// Who of the staff takes part besides the assignee: added by hand, or by a mention.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, type RequestParticipant, type SupportRequest } from '@guichet/sdk';
import { Avatar, Icon, IconButton, icons } from '@guichet/ui';
import { refusal } from '../conversation/actions.ts';
import { useAgents } from '../dialogs/action.tsx';
import { useDesk } from '../desk.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import type { Timeline } from './timeline-store.ts';

export function Participants({ request, timeline }: { readonly request: SupportRequest; readonly timeline: Timeline }) {
  const speech = useText();
  const { t } = speech;
  const { staff, me } = useDesk();
  const agents = useAgents();
  const [people, setPeople] = useState<readonly RequestParticipant[] | null>(null);
  const [failed, setFailed] = useState(false);
  // The timeline tells live who came and went.
  const changes = timeline.entries.value.filter(({ kind }) => (kind as string).startsWith('participant_')).length;
  useEffect(() => {
    let current = true;
    staff.participants(request.id).then(
      (list) => {
        if (!current) return;
        setPeople(list);
        setFailed(false);
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (current) setFailed(true);
      },
    );
    return () => {
      current = false;
    };
  }, [staff, request.id, changes]);

  const tell = (error: unknown) => toast({ text: refusal(error, speech), tone: 'danger' });
  const add = (id: string) => {
    staff.addParticipant(request.id, id).then((one) => setPeople((before) => [...(before ?? []).filter((other) => other.id !== one.id), one]), tell);
  };
  const remove = (id: string) => {
    staff.removeParticipant(request.id, id).then(() => setPeople((before) => (before ?? []).filter((one) => one.id !== id)), tell);
  };
  const others = agents.filter(({ id }) => id !== request.assignee?.id && !people?.some((one) => one.id === id));
  return (
    <section>
      <h2 class="section">{t('participants.title')}</h2>
      {failed && <p class="inline-error">{t('participants.failed')}</p>}
      <ul class="people" role="list">
        {people?.map(({ id, name }) => (
          <li key={id}>
            <Avatar id={id} name={name} size="small" />
            <span class="truncate">{id === me.id ? t('details.you', { name }) : name}</span>
            <IconButton class="tiny" label={t('participants.remove', { name })} path={icons.cross} onClick={() => remove(id)} />
          </li>
        ))}
      </ul>
      <Menu
        label={t('participants.add')}
        buttonClass="tag add"
        button={
          <>
            <Icon path={icons.plus} size="small" /> {t('participants.add')}
          </>
        }
      >
        {others.map(({ id, name }) => (
          <MenuItem key={id} icon={<Avatar id={id} name={name} size="small" />} onChoose={() => add(id)}>
            {name}
          </MenuItem>
        ))}
        {others.length === 0 && <p class="menu-wait meta">{t('participants.nobody')}</p>}
      </Menu>
    </section>
  );
}
