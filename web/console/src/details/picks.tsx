// What is shown where it is changed: status, assignee, priority, category.
import { useState } from 'preact/hooks';
import { ApiError, type ActionName, type SupportRequest } from '@guichet/sdk';
import { Avatar, Badge, Icon, icons } from '@guichet/ui';
import { allows, canTake, useCommands } from '../conversation/actions.ts';
import { useDesk, type Me } from '../desk.ts';
import { priorities } from '../inbox/filter.ts';
import { ask } from '../shell/asked.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { useCategories, useCategoryName } from './categories.ts';
import { statusTone } from './status.ts';

const actionIcons = {
  start: icons.play,
  wait: icons.pause,
  resolve: icons.check,
  reopen: icons.reopen,
  close: icons.lock,
} as const;

const changes = ['start', 'wait', 'resolve', 'reopen', 'close'] as const satisfies readonly ActionName[];

export function StatusPick({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const commands = useCommands();
  const badge = <Badge tone={statusTone[request.status]}>{t(`status.${request.status}`)}</Badge>;
  // A closed request stays closed: there is nothing to choose.
  if (request.status === 'closed') return <span class="plain">{badge}</span>;
  return (
    <Menu
      label={t('details.status')}
      buttonClass="pick"
      button={
        <>
          {badge}
          <span class="visually-hidden">, {t('details.change_status')}</span>
          <Icon path={icons.down} size="small" />
        </>
      }
    >
      {changes
        .filter((name) => allows(request, name))
        .map((name) => (
          <MenuItem
            key={name}
            icon={<Icon path={actionIcons[name]} />}
            {...(name === 'resolve' ? { shortcut: 'e' } : {})}
            onChoose={() => (name === 'close' ? ask({ what: 'action', name, request }) : void commands.act(request, name))}
          >
            {t(`action.${name}`)}
          </MenuItem>
        ))}
      <hr />
      <MenuItem icon={<Icon path={icons.pen} />} onChoose={() => ask({ what: 'action', name: allows(request, 'resolve') ? 'resolve' : 'reopen', request })}>
        {t(allows(request, 'resolve') ? 'action.resolve_with' : 'action.reopen_with')}
      </MenuItem>
    </Menu>
  );
}

export function AssigneePick({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const { assignee } = request;
  const shown =
    assignee === null ? (
      <span class="muted">{t('details.nobody')}</span>
    ) : (
      <>
        <Avatar id={assignee.id} name={assignee.name} size="small" />
        <span class="truncate">{assignee.name}</span>
      </>
    );
  if (request.status === 'closed') return <span class="plain">{shown}</span>;
  return (
    <AssignMenu
      request={request}
      buttonClass="pick"
      button={
        <>
          {shown}
          <span class="visually-hidden">, {t('details.change_assignee')}</span>
          <Icon path={icons.down} size="small" />
        </>
      }
    />
  );
}

interface AssignMenuProps {
  readonly request: SupportRequest;
  readonly buttonClass: string;
  readonly button: preact.ComponentChildren;
}

function AssignMenu({ request, buttonClass, button }: AssignMenuProps) {
  const { t } = useText();
  const desk = useDesk();
  const commands = useCommands();
  const [agents, setAgents] = useState<readonly Me[] | null>(null);
  const load = () => {
    desk.agents().then(setAgents, (error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      setAgents([]);
      toast({ text: t('assign.failed'), tone: 'danger' });
    });
  };
  const others = agents?.filter(({ id }) => id !== desk.me.id) ?? [];
  return (
    <Menu label={t('details.assignee')} buttonClass={buttonClass} button={button} onOpen={load}>
      <MenuItem
        icon={<Avatar id={desk.me.id} name={desk.me.name} size="small" />}
        checked={request.assignee?.id === desk.me.id}
        shortcut="t"
        onChoose={() => {
          if (canTake(request, desk.me.id)) void commands.act(request, 'take');
          else if (request.assignee?.id !== desk.me.id) void commands.act(request, 'assign', { agent_id: desk.me.id });
        }}
      >
        {t('details.you', { name: desk.me.name })}
      </MenuItem>
      {others.map(({ id, name }) => (
        <MenuItem
          key={id}
          icon={<Avatar id={id} name={name} size="small" />}
          checked={request.assignee?.id === id}
          onChoose={() => void commands.act(request, 'assign', { agent_id: id })}
        >
          {name}
        </MenuItem>
      ))}
      {agents === null && <p class="menu-wait meta">{t('assign.loading')}</p>}
      <hr />
      <MenuItem
        icon={<Icon path={icons.inbox} />}
        checked={request.assignee === null}
        onChoose={() => {
          if (request.assignee !== null) void commands.act(request, 'assign', { agent_id: null });
        }}
      >
        {t('details.nobody')}
      </MenuItem>
    </Menu>
  );
}

export function PriorityPick({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const commands = useCommands();
  const { priority } = request;
  const shown = (
    <>
      {(priority === 'high' || priority === 'urgent') && <Icon path={icons.level} size="small" heavy />}
      {t(`priority.${priority}`)}
    </>
  );
  if (request.status === 'closed') {
    return (
      <span class="plain" data-priority={priority}>
        {shown}
      </span>
    );
  }
  return (
    <Menu
      label={t('details.priority')}
      buttonClass={`pick ${priority}`}
      button={
        <>
          {shown}
          <span class="visually-hidden">, {t('details.change_priority')}</span>
          <Icon path={icons.down} size="small" />
        </>
      }
    >
      {priorities.toReversed().map((choice) => (
        <MenuItem key={choice} checked={choice === priority} onChoose={() => choice !== priority && void commands.update(request, { priority: choice })}>
          {t(`priority.${choice}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}

export function CategoryPick({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const commands = useCommands();
  const categories = useCategories();
  const nameOf = useCategoryName();
  const name = nameOf(request.category);
  if (request.status === 'closed') return <span class="plain truncate">{name}</span>;
  return (
    <Menu
      label={t('details.category')}
      buttonClass="pick"
      button={
        <>
          <span class="truncate">{name}</span>
          <span class="visually-hidden">, {t('details.change_category')}</span>
          <Icon path={icons.down} size="small" />
        </>
      }
    >
      {categories.map(({ id, name: called }) => (
        <MenuItem key={id} checked={id === request.category} onChoose={() => id !== request.category && void commands.update(request, { category: id })}>
          {called}
        </MenuItem>
      ))}
    </Menu>
  );
}
