// The head of a conversation: what it is about, and what is done with it most.
import type { RefObject } from 'preact';
import type { ConversationStore, SupportRequest } from '@guichet/sdk';
import { Button, Icon, IconButton, icons, stamp, useNow } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { SnoozeMenuItems } from '../dialogs/snooze.tsx';
import { requestEntries } from '../palette/entries.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { useText } from '../texts.ts';
import { allows, isUnresolved, useCommands } from './actions.ts';

export interface TopProps {
  readonly request: SupportRequest;
  readonly conversation: ConversationStore;
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly detailsShown: boolean;
  readonly onDetails: () => void;
  readonly onBack: () => void;
}

const kinds = ['chat', 'contact_form', 'claim', 'order_issue', 'product_issue', 'appointment'] as const;

export function Top({ request, conversation, heading, detailsShown, onDetails, onBack }: TopProps) {
  const speech = useText();
  const { t, time } = speech;
  const desk = useDesk();
  const commands = useCommands();
  const now = useNow();
  const main = (['resolve', 'reopen'] as const).find((name) => allows(request, name));
  const kind = kinds.find((known) => known === request.kind);
  const entries = requestEntries(request, desk, commands, speech);
  return (
    <header class="top">
      <IconButton class="back" label={t('conversation.back')} path={icons.back} onClick={onBack} />
      <div class="titles">
        <h1 ref={heading} class="truncate" tabIndex={-1} title={request.subject}>
          {request.subject}
        </h1>
        <p class="meta truncate">
          <span class="number">{request.number}</span>
          {kind !== undefined && (
            <>
              {' '}
              <span class="sep" /> {t(`kind.${kind}`)}
            </>
          )}{' '}
          <span class="sep" /> {t(`status.${request.status}`)}
          {request.snoozed_until && (
            <>
              {' '}
              <span class="sep" /> {t('snooze.asleep', { when: stamp(time, request.snoozed_until, now) })}
            </>
          )}
        </p>
      </div>
      {isUnresolved(request) && (
        <Menu
          label={t('action.snooze')}
          buttonClass={`icon-button snooze${request.snoozed_until ? ' asleep' : ''}`}
          buttonLabel={t('action.snooze')}
          edge="end"
          button={<Icon path={icons.moon} />}
        >
          <SnoozeMenuItems request={request} />
        </Menu>
      )}
      <Menu label={t('conversation.actions')} buttonClass="icon-button" buttonLabel={t('conversation.actions')} edge="end" button={<Icon path={icons.more} heavy />}>
        {entries.map(({ id, icon, name, shortcut, run }) => (
          <MenuItem key={id} icon={<Icon path={icon} />} {...(shortcut === undefined ? {} : { shortcut })} onChoose={run}>
            {name}
          </MenuItem>
        ))}
        {conversation.session.value?.status === 'active' && (
          <MenuItem icon={<Icon path={icons.leave} />} onChoose={() => void commands.endChat(conversation.id)}>
            {t('action.end_chat')}
          </MenuItem>
        )}
      </Menu>
      <button
        type="button"
        class="icon-button"
        aria-label={t('details.title')}
        title={t('details.title')}
        aria-pressed={detailsShown}
        onClick={onDetails}
      >
        <Icon path={icons.panel} />
      </button>
      {/* One button for both, so that it keeps the focus when the one becomes the other. */}
      {main !== undefined && (
        <Button class="resolve" icon={main === 'resolve' ? icons.check : icons.reopen} onClick={() => void commands.act(request, main)}>
          <span>{t(`action.${main}`)}</span>
        </Button>
      )}
    </header>
  );
}
