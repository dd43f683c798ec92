import type { components } from '../schema.d.ts';
import type { ChatSession, Conversation, ConversationPage, Message, MessagePage, OpenedConversation, SentMessage } from '../types.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

export type NewConversation = components['schemas']['OpenConversation'];

export interface MessageRange {
  before_seq?: number;
  after_seq?: number;
  limit?: number;
}

export type NewMessage = components['schemas']['SendMessage'];

/** What following one conversation needs, for whoever the client's token belongs to. */
export class ConversationApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  get(id: string): Promise<Conversation> {
    return this.#client.get(`/conversations/${id}`);
  }

  /** Messages in ascending order of `seq`. */
  async messages(id: string, range: MessageRange = {}): Promise<MessagePage> {
    const page = await this.#client.get<MessagePage>(`/conversations/${id}/messages`, { query: { ...range } });
    const by = (message: Message) => (range.after_seq === undefined ? message.seq : message.entry_seq);
    return { ...page, items: [...page.items].sort((a, b) => by(a) - by(b)) };
  }

  /** May be repeated with the same `client_message_id`: the server keeps one message. */
  send(id: string, message: NewMessage): Promise<SentMessage> {
    return this.#client.post(`/conversations/${id}/messages`, message);
  }

  read(id: string, seq: number): Promise<unknown> {
    return this.#client.post(`/conversations/${id}/read`, { seq }, { idempotent: true });
  }
}

/** The conversations of an account. */
export class ConversationsApi extends ConversationApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    super(client);
    this.#client = client;
  }

  list(query: { page?: number; limit?: number; status?: string } = {}): Promise<ConversationPage> {
    return this.#client.get('/conversations', { query });
  }

  /** Whoever may try again later keeps the `key`: the same conversation under it is opened once. */
  open(conversation: NewConversation, key: string = uuid()): Promise<OpenedConversation> {
    return this.#client.post('/conversations', conversation, once(key));
  }

  /** Ends the live chat; ending it again gives the same session. */
  end(id: string): Promise<ChatSession> {
    return this.#client.post(`/conversations/${id}/end`, undefined, { idempotent: true });
  }

  /** Out of the usual lists, or back into them. */
  archive(id: string, archived = true): Promise<Conversation> {
    return this.#client.post(`/conversations/${id}/${archived ? 'archive' : 'unarchive'}`, undefined, { idempotent: true });
  }

  unreadCount(id: string): Promise<{ unread_count: number }> {
    return this.#client.get(`/conversations/${id}/unread-count`);
  }
}
