// What can be done with a request in each state, and doing it.
import { ApiError, type Action, type ActionName, type RequestStatus, type SupportRequest } from '@guichet/sdk';
import { useDesk } from '../desk.ts';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';

/** The moves between states, as the server allows them; the server has the last word. */
export const moves: Readonly<Record<RequestStatus, readonly ActionName[]>> = {
  open: ['resolve', 'close'],
  assigned: ['start', 'wait', 'resolve', 'close'],
  in_progress: ['wait', 'resolve', 'close'],
  waiting_customer: ['start', 'resolve', 'close'],
  resolved: ['reopen', 'close'],
  closed: [],
};

export function allows(request: SupportRequest, action: ActionName): boolean {
  return moves[request.status].includes(action);
}

/** Whether the reader may take the request over. */
export function canTake(request: SupportRequest, me: string): boolean {
  return request.status !== 'closed' && request.status !== 'resolved' && request.assignee?.id !== me;
}

/** Answers whether it was done; when it was not, the reader has been told why. */
export type Act = (request: SupportRequest, name: ActionName, action?: Action) => Promise<boolean>;

export function useAct(): Act {
  const { requests, inbox } = useDesk();
  const { t } = useText();
  const act: Act = async (request, name, action = {}) => {
    try {
      inbox.take(await requests.act(request.id, name, action));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast({ text: error.isNetwork ? t('action.no_answer') : t('action.refused', { reason: error.message }), tone: 'danger' });
      // Refused because somebody was quicker: what is shown must be what is.
      if (error.status === 409 || error.status === 404) await inbox.refetch(request.id).catch(ignoreApiError);
      return false;
    }
    if (name === 'resolve') {
      const again = { label: t('action.reopen'), run: () => void act(request, 'reopen') };
      toast({ text: t('action.resolved', { number: request.number }), action: again });
    }
    return true;
  };
  return act;
}

/** Ends the live chat; its end is then told to everybody who follows it, the reader among them. */
export function useEndChat(): (conversationId: string) => Promise<void> {
  const { chats } = useDesk();
  const { t } = useText();
  return async (conversationId) => {
    try {
      await chats.end(conversationId);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast({ text: error.isNetwork ? t('action.no_answer') : t('action.refused', { reason: error.message }), tone: 'danger' });
    }
  };
}

/** The refusal has been told; that its cause cannot be read either adds nothing. */
function ignoreApiError(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
