// What one signed-in person works with; it lives from sign-in to sign-out.
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import {
  CannedRepliesApi,
  Conversations,
  ConversationsApi,
  Links,
  NotesApi,
  RealtimeClient,
  realtimeUrl,
  SavedViewsApi,
  SettingsApi,
  StaffApi,
  SupportRequestsApi,
  Uploads,
  type BrowserSession,
  type CannedReply,
  type ConversationStore,
  type OrganizationSettings,
  type RequestCategory,
  type Role,
  type SavedView,
  type StaffAvailability,
  type User,
} from '@guichet/sdk';
import { NoteDraft } from './conversation/note-draft.ts';
import { Fetched } from './fetched.ts';
import { Inbox } from './inbox/inbox.ts';
import { readQuery } from './inbox/filter.ts';
import { Selection } from './inbox/selection.ts';

export interface Me {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}

const kept = 8;

export class Desk {
  readonly me: Me;
  /** Whether the person may revise what others wrote, and change the settings. */
  readonly isAdmin: boolean;
  /** Whether the person may change what everybody shares. */
  readonly leads: boolean;
  readonly session: BrowserSession;
  readonly realtime: RealtimeClient;
  readonly requests: SupportRequestsApi;
  readonly chats: ConversationsApi;
  readonly notes: NotesApi;
  readonly staff: StaffApi;
  readonly settings: SettingsApi;
  readonly cannedRepliesApi: CannedRepliesApi;
  readonly savedViewsApi: SavedViewsApi;
  readonly inbox: Inbox;
  /** The requests that are marked for one change to all of them. */
  readonly selection = new Selection();
  readonly savedViews: Fetched<readonly SavedView[]>;
  readonly cannedReplies: Fetched<readonly CannedReply[]>;
  readonly categories: Fetched<readonly RequestCategory[]>;
  readonly organization: Fetched<OrganizationSettings>;
  /** Where files are fetched from. */
  readonly links: Links;
  /** Whether this person wants to be asked; said perhaps on another device. */
  readonly availability: ReadonlySignal<StaffAvailability>;
  /** How this person is shown: nothing while the connection is lost. */
  readonly presence: ReadonlySignal<StaffAvailability | undefined>;
  readonly #stop: () => void;
  readonly #availability = signal<StaffAvailability>('online');
  readonly #conversations: Conversations;
  /** The conversations last looked at, newest first: going back to one shows it at once. */
  readonly #recent = signal<readonly ConversationStore[]>([]);
  /** The files of messages that are being written. */
  readonly #uploads = new Map<string, { readonly conversation: ConversationStore; readonly uploads: Uploads }>();
  /** The notes that are being written, by request. */
  readonly #noteDrafts = new Map<string, NoteDraft>();
  #agents: Promise<readonly Me[]> | undefined;

  constructor(session: BrowserSession, user: User) {
    this.me = personOf(user);
    this.isAdmin = user.role === 'admin';
    this.leads = user.role === 'admin' || user.role === 'supervisor';
    this.session = session;
    this.realtime = new RealtimeClient({ url: realtimeUrl(session.api.origin), tokens: session });
    this.requests = new SupportRequestsApi(session.api);
    this.chats = new ConversationsApi(session.api);
    this.notes = new NotesApi(session.api);
    this.staff = new StaffApi(session.api);
    this.settings = new SettingsApi(session.api);
    this.cannedRepliesApi = new CannedRepliesApi(session.api);
    this.savedViewsApi = new SavedViewsApi(session.api);
    this.savedViews = new Fetched(async () => byPosition(await this.savedViewsApi.list()));
    this.cannedReplies = new Fetched(() => this.cannedRepliesApi.list());
    this.categories = new Fetched(async () => byPosition(await this.settings.categories()));
    this.organization = new Fetched(() => this.settings.organization());
    this.links = new Links(session.api);
    this.#conversations = new Conversations({ api: session.api, realtime: this.realtime, side: 'staff', scope: user.id, me: this.me });
    this.inbox = new Inbox(user.id, this.requests, this.realtime);
    this.#stop = effect(() => {
      const saved = this.savedViews.value.value ?? [];
      for (const { id, filter, sort, order } of saved) this.inbox.define(id, readQuery({ ...filter, sort, order }));
      this.inbox.countAlso(saved.map(({ id }) => id));
    });
    void this.savedViews.load();
    void this.categories.load();
    this.availability = this.#availability;
    this.presence = computed(() => (this.realtime.state.value === 'online' ? this.#availability.value : undefined));
    this.#availability.value = user.availability ?? 'online';
    this.realtime.on('welcome', (frame) => this.#heard(frame.user.availability));
    this.realtime.on('presence', (frame) => {
      if (frame.participant_id === user.id) this.#heard(frame.availability);
    });
    this.realtime.start();
  }

  /** Says whether this person wants to be asked; kept by the server until it is said otherwise. */
  async beAvailable(value: StaffAvailability): Promise<void> {
    this.#heard((await this.session.update({ availability: value })).availability);
  }

  /** The live conversation; it stays so until several others were opened after it. */
  conversation(id: string): ConversationStore {
    const before = this.#recent.peek();
    const store = before.find((one) => one.id === id) ?? this.#conversations.open(id);
    const recent = [store, ...before.filter((one) => one !== store)];
    for (const old of recent.splice(kept)) this.#conversations.close(old.id);
    this.#recent.value = recent;
    return store;
  }

  /** The files that go with the next message there, whichever conversation is on screen. */
  uploads(conversation: ConversationStore): Uploads {
    const known = this.#uploads.get(conversation.id);
    if (known?.conversation === conversation) return known.uploads;
    known?.uploads.dispose();
    const uploads = new Uploads({ conversation, api: this.session.api, scope: this.me.id });
    this.#uploads.set(conversation.id, { conversation, uploads });
    return uploads;
  }

  /** The note that is being written about a request; kept on the device like a message. */
  noteDraft(requestId: string): NoteDraft {
    const known = this.#noteDrafts.get(requestId);
    if (known !== undefined) return known;
    const draft = new NoteDraft(this.me.id, requestId);
    this.#noteDrafts.set(requestId, draft);
    return draft;
  }

  /** The conversations followed now in which somebody else writes. */
  writing(): ReadonlySet<string> {
    return new Set(this.#recent.value.filter(({ typing }) => typing.value.length > 0).map(({ id }) => id));
  }

  /** Those a request can be handed to, by name; asked for once. */
  agents(): Promise<readonly Me[]> {
    this.#agents ??= this.requests.agents().then(
      (users) => users.map(personOf).sort((a, b) => a.name.localeCompare(b.name)),
      (error: unknown) => {
        // The next one who asks tries anew.
        this.#agents = undefined;
        throw error;
      },
    );
    return this.#agents;
  }

  dispose(): void {
    this.#stop();
    this.inbox.dispose();
    for (const { uploads } of this.#uploads.values()) uploads.dispose();
    this.#conversations.dispose();
    this.realtime.stop();
  }

  #heard(availability: StaffAvailability | undefined): void {
    if (availability !== undefined) this.#availability.value = availability;
  }
}

function byPosition<Item extends { readonly position: number }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => a.position - b.position);
}

function personOf(user: User): Me {
  return { id: user.id, email: user.email, role: user.role, name: `${user.first_name} ${user.last_name}`.trim() || user.email };
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('a part of the desk is shown without one');
  return desk;
}
