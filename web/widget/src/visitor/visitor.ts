import { batch, computed, signal, type ReadonlySignal } from '@preact/signals-core';
import { set, ApiClient, ApiError, Draft, GuestTokens, Outbox, PublicApi, RUNNING, uuid, type Availability, type KeyValueStore, type NewPublicConversation, type OwnSupportRequest } from '@guichet/sdk';
import { Line, scopeOf } from './line.ts';
import { Memory, parse, type ConversationRecord, type Person } from './records.ts';

export interface VisitorOptions {
  organization: string;
  /** Of the Guichet server. */
  origin: string;
  language: () => string;
  storage: KeyValueStore;
}

/** What the page knows of the visitor's business: an order, an appointment … */
export interface Identity extends Person {
  context?: Record<string, string>;
  metadata?: Record<string, unknown>;
}

/** A conversation in a list; `name` is null when the visitor wrote last. */
export interface Summary {
  readonly request: OwnSupportRequest | null;
  readonly unread: number;
  readonly last: { readonly name: string | null; readonly text: string; readonly at: string } | null;
}

/** A question that may have to be sent again: the server knows it by its key, and takes it once if it is the same. */
interface Asked {
  readonly key: string;
  readonly body: NewPublicConversation;
}

/** What makes two questions the same. */
const SAME = ['name', 'email', 'phone', 'content'] as const;

const SUMMARIES = 8;

/** A visitor of the host page: who they are, their conversations, and the line that is open. */
export class Visitor {
  readonly memory: Memory;
  readonly availability: ReadonlySignal<Availability | null> = signal<Availability | null>(null);
  /** Why the team cannot be asked about, when it cannot. */
  readonly unreachable: ReadonlySignal<ApiError | null> = signal<ApiError | null>(null);
  /** The conversation that is connected: the one on screen, else the latest. */
  readonly line: ReadonlySignal<Line | null> = signal<Line | null>(null);
  readonly unread: ReadonlySignal<number>;
  readonly question: Draft;

  readonly #summaries = signal<ReadonlyMap<string, OwnSupportRequest>>(new Map());
  readonly #options: VisitorOptions;
  readonly #api: ApiClient;
  readonly #public: PublicApi;
  /** What was sent of the question, while nobody knows whether it arrived. */
  readonly #asked: Draft;
  #identity: Identity = {};

  constructor(options: VisitorOptions) {
    this.#options = options;
    this.#api = new ApiClient({ origin: options.origin, language: options.language });
    this.#public = new PublicApi(this.#api, options.organization);
    this.memory = new Memory(options.storage, options.organization);
    this.question = new Draft(options.storage, options.organization, 'question');
    this.#asked = new Draft(options.storage, options.organization, 'question-asked');
    this.unread = computed(() => {
      const open = this.line.value;
      const others = [...this.#summaries.value].filter(([id]) => id !== open?.record.id);
      return (open?.store.unread.value ?? 0) + others.reduce((sum, [, request]) => sum + (request.unread_count ?? 0), 0);
    });
    this.#resume();
  }

  identify(identity: Identity): void {
    const { name, email, phone } = identity;
    this.#identity = { ...this.#identity, ...identity };
    this.memory.introduce({ name, email, phone });
  }

  /** Asks whether somebody is there, and how the conversations stand. */
  async refresh(): Promise<void> {
    await Promise.all([this.#refreshAvailability(), this.#refreshSummaries()]);
  }

  /**
   * Opens a conversation with its first message; `unnamed` is how the team sees a visitor who gives no name.
   * Rejects with an `ApiError`; the question is then kept. One that was refused is asked anew the next time, with
   * what the page says of the visitor by then.
   */
  async ask(content: string, person: Person, unnamed: string): Promise<ConversationRecord> {
    this.memory.introduce(person);
    const { name, email, phone } = { ...this.#identity, ...person };
    const body: NewPublicConversation = {
      name: name || (email ?? '').split('@')[0] || unnamed,
      ...(email ? { email } : {}),
      ...(phone ? { phone } : {}),
      content,
      ...(this.#identity.context ? { context: this.#identity.context } : {}),
      metadata: { page: location.origin + location.pathname, ...this.#identity.metadata },
    };
    const asked = this.#ask(body);
    const { conversation, support_request, access_token } = await this.#public.openConversation(asked.body, asked.key).catch((error: unknown) => {
      // An answer that says neither yes nor no may hide a conversation that was opened.
      if (error instanceof ApiError && error.status >= 400 && !error.isTemporary && error.code !== RUNNING) this.#asked.set('');
      throw error;
    });
    const record: ConversationRecord = {
      id: conversation.id,
      token: access_token ?? '',
      number: support_request.number,
      subject: support_request.subject,
      opened_at: support_request.created_at,
    };
    batch(() => {
      this.question.set('');
      this.#asked.set('');
      this.memory.add(record);
      this.open(record.id);
      this.line.value?.learn(support_request);
    });
    return record;
  }

  /** How a conversation stands, for a list. */
  summary(record: ConversationRecord): ReadonlySignal<Summary> {
    return computed(() => {
      const line = this.line.value?.record.id === record.id ? this.line.value : null;
      const request = line?.request.value ?? this.#summaries.value.get(record.id) ?? null;
      const newest = line?.store.messages.value.findLast((message) => message.seq !== null);
      const told = request?.last_message;
      if (newest) return { request, unread: line!.store.unread.value, last: { name: newest.mine ? null : newest.sender.name, text: newest.content || (newest.attachments[0]?.file_name ?? ''), at: newest.created_at } };
      const last = told ? { name: told.sender_type === 'customer' ? null : told.sender_name, text: told.excerpt ?? '', at: told.created_at } : null;
      return { request, unread: request?.unread_count ?? 0, last };
    });
  }

  /** Changes the text of the question; another question is another request. */
  write(question: string): void {
    if (question !== this.question.text.peek()) this.#asked.set('');
    this.question.set(question);
  }

  /**
   * The question as it was sent before, if it is the same: what else goes with it, such as the page, may
   * have changed since, and must not make it another one.
   */
  #ask(body: NewPublicConversation): Asked {
    const before = parse<Partial<Asked>>(this.#asked.text.peek());
    if (before?.key && SAME.every((field) => before.body?.[field] === body[field])) return before as Asked;
    const asked = { key: uuid(), body };
    this.#asked.set(JSON.stringify(asked));
    return asked;
  }

  open(id: string): Line | null {
    const current = this.line.peek();
    if (current?.record.id === id) return current;
    const record = this.memory.records.peek().find((known) => known.id === id);
    if (!record) return null;
    current?.hangUp();
    set(this.line, new Line(record, this.#api, this.#options.storage));
    return this.line.value;
  }

  /** The conversation can no longer be read: it leaves the list. */
  forget(id: string): void {
    this.memory.forget(id);
    if (this.line.peek()?.record.id !== id) return;
    this.line.peek()?.hangUp();
    set(this.line, null);
  }

  /** The latest conversation is listened to at once; others only long enough to send what was left unsent. */
  #resume(): void {
    const [latest, ...others] = this.memory.records.peek();
    if (latest) this.open(latest.id);
    for (const record of others) {
      if (Outbox.conversations(this.#options.storage, scopeOf(record.id)).length > 0) new Line(record, this.#api, this.#options.storage).hangUp();
    }
  }

  async #refreshAvailability(): Promise<void> {
    try {
      set(this.availability, await this.#public.availability());
      set(this.unreachable, null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      set(this.unreachable, error);
    }
  }

  async #refreshSummaries(): Promise<void> {
    const open = this.line.peek()?.record.id;
    const records = this.memory.records.peek().filter((record) => record.id !== open).slice(0, SUMMARIES);
    await Promise.all(records.map((record) => this.#refreshSummary(record)));
  }

  async #refreshSummary(record: ConversationRecord): Promise<void> {
    try {
      const guest = new PublicApi(this.#api.with(new GuestTokens(record.token)));
      const { support_request } = await guest.supportRequest(record.number);
      this.#summaries.value = new Map(this.#summaries.value).set(record.id, support_request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401 || error.status === 404) this.memory.forget(record.id);
    }
  }
}
