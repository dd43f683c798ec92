// Status and assignee, shown where they are changed.
import { useState } from 'preact/hooks';
import { ApiError, type ActionName, type SupportRequest } from '@guichet/sdk';
import { Avatar, Badge, Button, Icon, icons } from '@guichet/ui';
import { allows, canTake, useAct } from '../conversation/actions.ts';
import { useDesk, type Me } from '../desk.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
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
  const badge = <Badge tone={statusTone[request.status]}>{t(`status.${request.status}`)}</Badge>;
  const actions = useStatusActions(request);
  // A closed request stays closed: there is nothing to choose.
  if (request.status === 'closed') return <span class="plain">{badge}</span>;
  return (
    <>
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
        {actions.items}
      </Menu>
      {actions.dialog}
    </>
  );
}

/** The items of a status menu, and the question that closing asks first. */
export function useStatusActions(request: SupportRequest) {
  const { t } = useText();
  const act = useAct();
  const [closing, setClosing] = useState(false);
  const items = changes
    .filter((name) => allows(request, name))
    .map((name) => (
      <MenuItem
        key={name}
        icon={<Icon path={actionIcons[name]} />}
        {...(name === 'resolve' ? { shortcut: 'e' } : {})}
        onChoose={() => (name === 'close' ? setClosing(true) : void act(request, name))}
      >
        {t(`action.${name}`)}
      </MenuItem>
    ));
  const dialog = closing && (
    <Dialog
      title={t('close.title')}
      onClose={() => setClosing(false)}
      actions={
        <>
          <Button autofocus onClick={() => setClosing(false)}>{t('close.cancel')}</Button>
          <Button
            look="danger"
            onClick={() => {
              setClosing(false);
              // What opened the question goes with the request's last choice.
              void act(request, 'close').then(() => document.querySelector<HTMLElement>('.conversation h1')?.focus());
            }}
          >
            {t('close.confirm')}
          </Button>
        </>
      }
    >
      <p>{t('close.what_follows', { number: request.number })}</p>
    </Dialog>
  );
  return { items, dialog };
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
  const act = useAct();
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
          if (canTake(request, desk.me.id)) void act(request, 'take');
          else if (request.assignee?.id !== desk.me.id) void act(request, 'assign', { agent_id: desk.me.id });
        }}
      >
        {t('details.you', { name: desk.me.name })}
      </MenuItem>
      {others.map(({ id, name }) => (
        <MenuItem
          key={id}
          icon={<Avatar id={id} name={name} size="small" />}
          checked={request.assignee?.id === id}
          onChoose={() => void act(request, 'assign', { agent_id: id })}
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
          if (request.assignee !== null) void act(request, 'assign', { agent_id: null });
        }}
      >
        {t('details.nobody')}
      </MenuItem>
    </Menu>
  );
}
