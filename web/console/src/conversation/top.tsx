// The head of a conversation: what it is about, and what is done with it most.
import type { RefObject } from 'preact';
import type { ConversationStore, SupportRequest } from '@guichet/sdk';
import { Button, Icon, IconButton, icons } from '@guichet/ui';
import { useStatusActions } from '../details/picks.tsx';
import { useDesk } from '../desk.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { useText } from '../texts.ts';
import { allows, canTake, useAct, useEndChat } from './actions.ts';

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
  const { t } = useText();
  const { me } = useDesk();
  const act = useAct();
  const endChat = useEndChat();
  const { items, dialog } = useStatusActions(request);
  const main = (['resolve', 'reopen'] as const).find((name) => allows(request, name));
  const kind = kinds.find((known) => known === request.kind);
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
        </p>
      </div>
      {request.status !== 'closed' && (
        <Menu label={t('conversation.actions')} buttonClass="icon-button" buttonLabel={t('conversation.actions')} edge="end" button={<Icon path={icons.more} heavy />}>
          {canTake(request, me.id) && (
            <MenuItem icon={<Icon path={icons.hand} />} shortcut="t" onChoose={() => void act(request, 'take')}>
              {t('action.take')}
            </MenuItem>
          )}
          {items}
          {conversation.session.value?.status === 'active' && (
            <MenuItem icon={<Icon path={icons.leave} />} onChoose={() => void endChat(conversation.id)}>
              {t('action.end_chat')}
            </MenuItem>
          )}
        </Menu>
      )}
      {dialog}
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
        <Button class="resolve" icon={main === 'resolve' ? icons.check : icons.reopen} onClick={() => void act(request, main)}>
          <span>{t(`action.${main}`)}</span>
        </Button>
      )}
    </header>
  );
}
