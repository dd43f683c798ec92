import type { ClientFrame, ServerFrame } from '../../src/frames.ts';
import type { Socket } from '../../src/realtime/socket.ts';
import type { Transfer } from '../../src/attachments/transfer.ts';
import type { Attachment, Message, Participant } from '../../src/types.ts';
import type { FakeClock } from './clock.ts';

export const CONVERSATION = '0199a0c0-0000-7000-8000-00000000c0de';
export const VISITOR = { id: 'visitor', name: 'Hélène Vasseur' };
export const AGENT = { id: 'agent', name: 'Nadia Belkacem' };

type SendFrame = Extract<ClientFrame, { type: 'send' }>;
interface Entry {
  seq: number;
  kind: 'message' | 'message_edited' | 'message_deleted';
  id: string;
}

/** How the server treats a `send`: as it should, or with a planted trouble. */
export type Treatment =
  | 'ack'
  | { nack: string; retry: boolean; retryAfterMs?: number; committed?: boolean }
  | 'lose_ack'
  | 'ack_twice'
  | 'silence';

/** One conversation's log and its sockets, as the delivery contract describes them. */
export class FakeServer {
  epoch = 'epoch-1';
  validTokens = new Set(['token-1']);
  refuseConnections = false;
  /** How a socket with a token that is not valid is closed. */
  refusal = 4003;
  /** Decides what happens to each send. */
  treat: (frame: SendFrame, attempt: number) => Treatment = () => 'ack';
  /** Milliseconds a frame is on its way. */
  delay: () => number = () => 5;
  /** A push that is decided on here never leaves. */
  losePush: () => boolean = () => false;
  repeatPush: () => boolean = () => false;
  /** Marks are heard and not kept. */
  losesMarks = false;
  /** Every subscription is answered with a refusal. */
  forbids = false;

  readonly clock: FakeClock;
  readonly entries: Entry[] = [];
  readonly messages = new Map<string, Message>();
  readonly connections: Connection[] = [];
  readonly frames: ClientFrame[] = [];
  readonly participants: Participant[] = [
    { ...VISITOR, type: 'customer', delivered_seq: 0, read_seq: 0, read_at: null, online: true },
    { ...AGENT, type: 'agent', delivered_seq: 0, read_seq: 0, read_at: null, online: true },
  ];
  /** Files by the key they were uploaded under. */
  readonly files = new Map<string, Attachment>();
  /** How a file is found when it is checked. */
  verdict: Attachment['status'] = 'ready';
  readonly #attempts = new Map<string, number>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  get lastSeq(): number {
    return this.entries.length;
  }

  get open(): Connection[] {
    return this.connections.filter((connection) => !connection.closed);
  }

  readonly socket = (): Socket => {
    const connection = new Connection(this);
    this.connections.push(connection);
    return connection.client;
  };

  /** The agent writes. */
  agentSays(content: string): Message {
    return this.commit(AGENT, 'agent', content, null);
  }

  edit(id: string, content: string): void {
    const seq = this.lastSeq + 1;
    const message = { ...this.messages.get(id)!, content, entry_seq: seq, edited_at: this.#time() };
    this.messages.set(id, message);
    this.entries.push({ seq, kind: 'message_edited', id });
    this.push({ type: 'message_edited', conversation_id: CONVERSATION, seq, message });
  }

  remove(id: string): void {
    const seq = this.lastSeq + 1;
    const message = { ...this.messages.get(id)!, content: null, entry_seq: seq, deleted_at: this.#time() };
    this.messages.set(id, message);
    this.entries.push({ seq, kind: 'message_deleted', id });
    this.push({ type: 'message_deleted', conversation_id: CONVERSATION, seq, message });
  }

  commit(who: { id: string; name: string }, type: 'customer' | 'agent', content: string, clientId: string | null, from?: Connection, files: readonly string[] = []): Message {
    const seq = this.lastSeq + 1;
    const attachments = files.map((id) => this.#bind(id, `m${seq}`));
    const message: Message = {
      id: `m${seq}`, seq, entry_seq: seq, sender: { ...who, type }, type: attachments.length > 0 ? 'file' : 'text', content, attachments, in_reply_to: null,
      ...(clientId ? { client_message_id: clientId } : {}), status: 'sent', created_at: this.#time(), edited_at: null, deleted_at: null,
    };
    this.messages.set(message.id, message);
    this.entries.push({ seq, kind: 'message', id: message.id });
    this.push({ type: 'message', conversation_id: CONVERSATION, seq, message }, from);
    return message;
  }

  /** Takes a file in: once under its key, however often it comes. `fail` decides what the network or the server does to it. */
  transfer(fail: (attempt: number) => 'no' | 'before' | 'after' | number = () => 'no'): Transfer {
    return async ({ headers, body, onProgress }) => {
      const key = headers['idempotency-key']!;
      const trouble = fail(this.attempt(key));
      onProgress(0.5);
      if (trouble === 'before') throw new TypeError('network');
      if (typeof trouble === 'number') return new Response(JSON.stringify({ code: `trouble_${trouble}`, title: 'Non', status: trouble }), { status: trouble });
      const file = body.get('file') as File;
      const known = this.files.get(key) ?? {
        id: `f${this.files.size + 1}`, file_name: file.name, mime_type: file.type || 'application/octet-stream', size: file.size, sha256: '', status: this.verdict,
        message_id: null, uploaded_by: VISITOR.id, created_at: this.#time(),
      };
      this.files.set(key, known);
      if (trouble === 'after') throw new TypeError('network');
      return new Response(JSON.stringify({ items: [known] }), { status: 201, headers: { 'content-type': 'application/json' } });
    };
  }

  #bind(id: string, message: string): Attachment {
    const [key, file] = [...this.files].find(([, one]) => one.id === id) ?? [];
    if (!file || file.message_id !== null) throw new Error(`${id} cannot be bound`);
    const bound = { ...file, message_id: message };
    this.files.set(key!, bound);
    return bound;
  }

  push(frame: ServerFrame, except?: Connection): void {
    for (const connection of this.open) {
      if (connection === except || !connection.subscribed) continue;
      if (this.losePush()) continue;
      connection.say(frame);
      if (this.repeatPush()) connection.say(frame);
    }
  }

  byClientId(id: string): Message | undefined {
    return [...this.messages.values()].find((message) => message.client_message_id === id);
  }

  attempt(id: string): number {
    const attempt = (this.#attempts.get(id) ?? 0) + 1;
    this.#attempts.set(id, attempt);
    return attempt;
  }

  /** Loses every connection without a word. */
  cut(code = 1006): void {
    for (const connection of this.open) connection.cut(code);
  }

  /** The REST side; `fail` decides whether the network loses the call, before or after the server did it. */
  fetch(fail: () => 'no' | 'before' | 'after' = () => 'no'): typeof fetch {
    return async (input, init) => {
      const lost = fail();
      if (lost === 'before') throw new TypeError('network');
      const answer = this.#answer(new URL(String(input), 'http://server.test'), init?.method ?? 'GET', init?.body ? JSON.parse(String(init.body)) : {});
      if (lost === 'after') throw new TypeError('network');
      return answer;
    };
  }

  #answer(url: URL, method: string, body: { client_message_id?: string; content?: string; attachment_ids?: string[]; seq?: number }): Response {
    const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
    const file = [...this.files].find(([, one]) => url.pathname === `/api/v1/attachments/${one.id}`);
    if (file && method === 'DELETE') {
      this.files.delete(file[0]);
      return new Response(null, { status: 204 });
    }
    if (file) return json(file[1]);
    if (url.pathname.endsWith('/link')) {
      const expires_at = new Date(this.clock.now() + 3_600_000).toISOString();
      return json({ url: `/files/${this.attempt(url.pathname)}${url.search}`, expires_at });
    }
    const path = url.pathname.replace(`/api/v1/conversations/${CONVERSATION}`, '');
    if (path === '/attachments') return json({ items: [...this.files.values()] });
    if (path === '/messages' && method === 'POST') {
      const known = this.byClientId(body.client_message_id!);
      if (known) return json({ message: known, duplicate: true });
      return json({ message: this.commit(VISITOR, 'customer', body.content!, body.client_message_id!, undefined, body.attachment_ids), duplicate: false }, 201);
    }
    if (path === '/messages') {
      const all = [...this.messages.values()];
      const after = url.searchParams.get('after_seq');
      const before = url.searchParams.get('before_seq');
      const limit = Number(url.searchParams.get('limit') ?? 50);
      if (after !== null) {
        const changed = all.filter((message) => message.entry_seq > Number(after)).sort((a, b) => a.entry_seq - b.entry_seq);
        return json({ items: changed.slice(0, limit), has_more: changed.length > limit, last_seq: this.lastSeq, epoch: this.epoch });
      }
      const older = all.filter((message) => before === null || message.seq < Number(before)).sort((a, b) => a.seq - b.seq);
      return json({ items: older.slice(-limit), has_more: older.length > limit, last_seq: this.lastSeq, epoch: this.epoch });
    }
    const revised = this.messages.get(path.replace('/messages/', ''));
    if (revised && method === 'PATCH') {
      if (revised.deleted_at !== null) return json({ code: 'chat.message_deleted', status: 409 }, 409);
      const duplicate = revised.content === body.content;
      if (!duplicate) this.edit(revised.id, body.content!);
      return json({ message: this.messages.get(revised.id), duplicate });
    }
    if (revised && method === 'DELETE') {
      const duplicate = revised.deleted_at !== null;
      if (!duplicate) this.remove(revised.id);
      return json({ message: this.messages.get(revised.id), duplicate });
    }
    if (path === '/read') return json({});
    if (path === '') return json({ id: CONVERSATION, participants: this.participants });
    return json({ code: 'not_found', status: 404 }, 404);
  }

  #time(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

/** One socket, seen from the server; frames travel in order, each with its delay. */
export class Connection {
  readonly client: Socket;
  closed = false;
  authenticated = false;
  subscribed = false;
  readonly tokens: string[] = [];
  /** The id whose retryable nack holds back later sends. */
  #failed: string | null = null;
  #upAt = 0;
  #downAt = 0;
  readonly #server: FakeServer;

  constructor(server: FakeServer) {
    this.#server = server;
    this.client = {
      onopen: null,
      onmessage: null,
      onclose: null,
      send: (data) => this.#up(() => this.#hear(JSON.parse(data) as ClientFrame)),
      close: () => {
        this.closed = true;
      },
    };
    server.clock.setTimeout(() => {
      if (this.closed) return;
      if (server.refuseConnections) this.cut(1006);
      else this.client.onopen?.();
    }, server.delay());
  }

  say(frame: ServerFrame): void {
    const at = Math.max(this.#downAt, this.#server.clock.now() + this.#server.delay());
    this.#downAt = at;
    this.#server.clock.setTimeout(() => {
      if (!this.closed) this.client.onmessage?.({ data: JSON.stringify(frame) });
    }, at - this.#server.clock.now());
  }

  /** What is on its way is lost. */
  cut(code: number): void {
    if (this.closed) return;
    this.closed = true;
    this.client.onclose?.({ code });
  }

  /** Closes after what was said has arrived. */
  close(code: number): void {
    const at = Math.max(this.#downAt, this.#server.clock.now());
    this.#server.clock.setTimeout(() => this.cut(code), at - this.#server.clock.now());
  }

  #up(then: () => void): void {
    const at = Math.max(this.#upAt, this.#server.clock.now() + this.#server.delay());
    this.#upAt = at;
    this.#server.clock.setTimeout(() => {
      if (!this.closed) then();
    }, at - this.#server.clock.now());
  }

  #hear(frame: ClientFrame): void {
    const server = this.#server;
    server.frames.push(frame);
    switch (frame.type) {
      case 'authenticate':
        this.tokens.push(frame.token);
        if (!server.validTokens.has(frame.token)) return this.close(server.refusal);
        if (!this.authenticated) this.say({ type: 'welcome', connection_id: 'c', user: { ...VISITOR, role: 'guest' }, epoch: server.epoch, heartbeat_ms: 25_000, max_frame_bytes: 65_536 });
        this.authenticated = true;
        return;
      case 'subscribe':
        return this.#subscribe(frame);
      case 'send':
        return this.#send(frame);
      case 'unsubscribe':
        this.subscribed = false;
        return this.say({ type: 'unsubscribed', conversation_id: CONVERSATION, reason: 'requested' });
      case 'abandon':
        if (this.#failed === frame.client_message_id) this.#failed = null;
        return;
      case 'ping':
        return this.say({ type: 'pong' });
      case 'read':
      case 'delivered': {
        if (server.losesMarks) return;
        const me = server.participants[0]!;
        if (frame.type === 'read') me.read_seq = Math.max(me.read_seq, frame.seq);
        me.delivered_seq = Math.max(me.delivered_seq, frame.seq);
        return;
      }
    }
  }

  #subscribe(frame: Extract<ClientFrame, { type: 'subscribe' }>): void {
    const server = this.#server;
    if (server.forbids) return this.say({ type: 'unsubscribed', conversation_id: CONVERSATION, reason: 'forbidden' });
    let { after_seq } = frame;
    const reason = frame.epoch !== server.epoch ? 'epoch_changed' : 'ahead';
    if (after_seq !== undefined && (reason === 'epoch_changed' || after_seq > server.lastSeq)) {
      this.say({ type: 'reset', conversation_id: CONVERSATION, reason });
      after_seq = undefined;
    }
    this.subscribed = true;
    this.say({ type: 'subscribed', ref: frame.ref, conversation_id: CONVERSATION, last_seq: server.lastSeq, participants: server.participants.map((person) => ({ ...person })) });
    if (after_seq === undefined) {
      const newest = [...server.messages.values()].sort((a, b) => a.seq - b.seq).slice(-50);
      for (const message of newest) this.say({ type: 'message', conversation_id: CONVERSATION, seq: message.seq, message });
    } else {
      for (const entry of server.entries.slice(after_seq)) this.say({ type: entry.kind, conversation_id: CONVERSATION, seq: entry.seq, message: server.messages.get(entry.id)! });
    }
    this.say({ type: 'live', conversation_id: CONVERSATION, seq: server.lastSeq });
  }

  #send(frame: SendFrame): void {
    const server = this.#server;
    const { client_message_id } = frame;
    const nack = (code: string, retry: boolean, retry_after_ms?: number) =>
      this.say({ type: 'nack', conversation_id: CONVERSATION, client_message_id, code, message: 'Non', retry, retry_after_ms });
    if (this.#failed !== null && this.#failed !== client_message_id) return nack('prior_failed', true);
    this.#failed = null;
    const treatment = server.treat(frame, server.attempt(client_message_id));
    if (treatment === 'silence') return;
    if (typeof treatment === 'object') {
      if (treatment.committed && !server.byClientId(client_message_id)) server.commit(VISITOR, 'customer', frame.content, client_message_id, this, frame.attachment_ids);
      if (treatment.retry && treatment.nack !== 'rate_limited') this.#failed = client_message_id;
      return nack(treatment.nack, treatment.retry, treatment.retryAfterMs);
    }
    const known = server.byClientId(client_message_id);
    const message = known ?? server.commit(VISITOR, 'customer', frame.content, client_message_id, this, frame.attachment_ids);
    if (treatment === 'lose_ack') return this.cut(1006);
    const ack: ServerFrame = {
      type: 'ack', conversation_id: CONVERSATION, client_message_id, message_id: message.id, seq: message.seq, created_at: message.created_at, duplicate: known !== undefined,
    };
    this.say(ack);
    if (treatment === 'ack_twice') this.say(ack);
  }
}
