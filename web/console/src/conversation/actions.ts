// What can be done with a request in each state, and doing it: told when it is done, undone where that
// is possible, explained when it was refused.
import { useMemo } from 'preact/hooks';
import { ApiError, type Action, type ActionName, type Merge, type RequestChange, type RequestStatus, type SupportRequest } from '@guichet/sdk';
import { useDesk, type Desk } from '../desk.ts';
import { isArchived, unresolved } from '../inbox/filter.ts';
import { go, route } from '../route.ts';
import { toast, type Toast } from '../shell/toasts.tsx';
import { useText, type ConsoleSpeech } from '../texts.ts';

/** The moves between states, as the server allows them; the server has the last word. */
export const moves: Readonly<Record<RequestStatus, readonly ActionName[]>> = {
  open: ['resolve', 'close', 'escalate'],
  assigned: ['start', 'wait', 'resolve', 'close', 'escalate'],
  in_progress: ['wait', 'resolve', 'close', 'escalate'],
  waiting_customer: ['start', 'resolve', 'close', 'escalate'],
  resolved: ['reopen', 'close'],
  closed: [],
};

export function allows(request: SupportRequest, action: ActionName): boolean {
  return moves[request.status].includes(action);
}

/** Whether the reader may take the request over. */
export function canTake(request: SupportRequest, me: string): boolean {
  return isUnresolved(request) && request.assignee?.id !== me;
}

export function isUnresolved(request: SupportRequest): boolean {
  return unresolved.includes(request.status);
}

/** Every command answers whether it was done; when it was not, the reader has been told why. */
export class Commands {
  readonly #desk: Desk;
  readonly #speech: ConsoleSpeech;

  constructor(desk: Desk, speech: ConsoleSpeech) {
    this.#desk = desk;
    this.#speech = speech;
  }

  /** Not told where what is shown tells it by itself. `asOf` is the version that the choice was made from. */
  act(request: SupportRequest, name: ActionName, action: Action = {}, asOf?: number): Promise<boolean> {
    const { t } = this.#speech;
    const { number } = request;
    return this.#attempt(request, () => this.#desk.requests.act(request.id, name, action, asOf), (done) => {
      if (name === 'resolve') return { text: t('action.resolved', { number }), action: { label: t('action.reopen'), run: () => void this.act(done, 'reopen') } };
      if (name === 'escalate') return { text: t('done.escalated', { number }) };
      if ((name === 'assign' || name === 'take') && done.assignee?.id !== request.assignee?.id) {
        const text = done.assignee === null ? t('done.unassigned', { number }) : t('done.assigned', { number, agent: done.assignee.name });
        return this.#undoable(text, () => this.act(done, 'assign', { agent_id: request.assignee?.id ?? null }));
      }
      return undefined;
    });
  }

  /** `asOf` is the version that the change was made from: another one since then refuses it. */
  update(request: SupportRequest, change: RequestChange, asOf?: number): Promise<boolean> {
    const { t } = this.#speech;
    return this.#attempt(request, () => this.#desk.requests.update(request.id, change, asOf), (done) => {
      if (done.version === request.version) return undefined;
      return this.#undoable(t('done.updated', { number: request.number }), () => this.update(done, formerly(request, change)));
    });
  }

  snooze(request: SupportRequest, until: string | null): Promise<boolean> {
    const { t, time } = this.#speech;
    const before = request.snoozed_until ?? null;
    return this.#attempt(request, () => this.#desk.requests.snooze(request.id, until), () => {
      const { number } = request;
      const text = until === null ? t('done.woken', { number }) : t('done.snoozed', { number, when: time.format({ weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit' }).format(new Date(until)) });
      return this.#undoable(text, () => this.snooze(request, before));
    });
  }

  merge(request: SupportRequest, into: SupportRequest, merge: Omit<Merge, 'into'>): Promise<boolean> {
    return this.#attempt(request, () => this.#desk.requests.merge(request.id, { into: into.id, ...merge }), () => {
      // What goes on is what the reader wants to see now.
      if (route.value.number === request.number) go({ ...route.value, number: into.number, details: false }, 'replace');
      return { text: this.#speech.t('done.merged', { number: request.number, other: into.number }) };
    });
  }

  followUp(request: SupportRequest, followUp: { subject?: string; description?: string }, key: string): Promise<boolean> {
    return this.#attempt(request, () => this.#desk.requests.followUp<SupportRequest>(request.id, followUp, key), (opened) => {
      go({ view: 'open', number: opened.number, details: false });
      return { text: this.#speech.t('done.followed_up', { number: opened.number }) };
    });
  }

  async archive(request: SupportRequest, archived = !isArchived(request)): Promise<boolean> {
    const { t } = this.#speech;
    const text = t(archived ? 'done.archived' : 'done.unarchived', { number: request.number });
    return this.#attempt(request, async () => {
      await this.#desk.chats.archive(request.conversation_id, archived);
      return this.#desk.requests.get(request.id);
    }, () => this.#undoable(text, () => this.archive(request, !archived)));
  }

  /** For admins. */
  async remove(request: SupportRequest): Promise<boolean> {
    const { t } = this.#speech;
    try {
      await this.#desk.requests.remove(request.id);
    } catch (error) {
      await this.refused(request, error);
      return false;
    }
    this.#desk.inbox.drop(request.id);
    if (route.value.number === request.number) go({ ...route.value, number: null, details: false }, 'replace');
    toast(this.#undoable(t('done.deleted', { number: request.number }), () => this.restore(request)));
    return true;
  }

  restore(request: SupportRequest): Promise<boolean> {
    return this.#attempt(request, async () => {
      const restored = await this.#desk.requests.restore(request.id);
      this.#desk.inbox.drop(request.id);
      return restored;
    }, () => ({ text: this.#speech.t('done.restored', { number: request.number }) }));
  }

  /** Ends the live chat; its end is then told to everybody who follows it, the reader among them. */
  async endChat(conversationId: string): Promise<void> {
    try {
      await this.#desk.chats.end(conversationId);
    } catch (error) {
      toast({ text: refusal(error, this.#speech), tone: 'danger' });
    }
  }

  /** Tells why something was not done, and shows the request as it is. */
  async refused(request: SupportRequest, error: unknown): Promise<void> {
    if (!(error instanceof ApiError)) throw error;
    const now = [404, 409, 412].includes(error.status) ? await this.#desk.inbox.refetch(request.id).catch(unread) : request;
    toast({ text: explanation(request, now, error, this.#speech), tone: 'danger' });
  }

  async #attempt(request: SupportRequest, work: () => Promise<SupportRequest>, told: (done: SupportRequest) => Toast | undefined): Promise<boolean> {
    let done: SupportRequest;
    try {
      done = await work();
    } catch (error) {
      await this.refused(request, error);
      return false;
    }
    this.#desk.inbox.take(done);
    const notice = told(done);
    if (notice !== undefined) toast(notice);
    return true;
  }

  #undoable(text: string, undo: () => Promise<boolean>): Toast {
    return { text, action: { label: this.#speech.t('action.undo'), run: () => void undo() } };
  }
}

export function useCommands(): Commands {
  const desk = useDesk();
  const speech = useText();
  return useMemo(() => new Commands(desk, speech), [desk, speech]);
}

/** A refusal in words, where no request stands behind it. */
export function refusal(error: unknown, { t }: Pick<ConsoleSpeech, 't'>): string {
  if (!(error instanceof ApiError)) throw error;
  return error.isNetwork ? t('action.no_answer') : t('action.refused', { reason: reasonOf(error) });
}

/** The most exact sentence the server has for it. */
export function reasonOf(error: ApiError): string {
  return error.errors[0]?.message ?? error.message;
}

/** Why nothing has changed; when somebody was quicker, what is the case now. */
export function explanation(before: SupportRequest, now: SupportRequest | undefined, error: ApiError, speech: Pick<ConsoleSpeech, 't'>): string {
  const { t } = speech;
  const { number } = before;
  if (now === undefined) return t('refused.gone', { number });
  if (error.status === 412) return t('refused.changed_meanwhile', { number });
  if (error.status === 409 && now.status !== before.status) return t('refused.is_now', { number, status: t(`status.${now.status}`) });
  return refusal(error, speech);
}

/** The values that a change has replaced. */
function formerly(request: SupportRequest, change: RequestChange): RequestChange {
  const { subject, description, priority, category, tags } = request;
  const values = { subject, description, priority, category, tags };
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in change));
}

/** The refusal is told; that its cause cannot be read either adds nothing. */
function unread(error: unknown): undefined {
  if (!(error instanceof ApiError)) throw error;
  return undefined;
}
