import { signal, type ReadonlySignal } from '@preact/signals-core';
import { AttachmentsApi } from '../api/attachments.ts';
import { RUNNING, type ApiClient } from '../api/client.ts';
import { MAX_CONTENT } from '../conversation/content.ts';
import { pageTab, type Tab } from '../conversation/tab.ts';
import type { Tray } from '../conversation/tray.ts';
import { browserNetwork, browserStore, systemClock, uuid, type Clock, type KeyValueStore, type Network } from '../env.ts';
import { ApiError, NO_ANSWER } from '../errors.ts';
import { set } from '../signals.ts';
import type { Attachment } from '../types.ts';
import { Tin } from './tin.ts';
import { uploadFile, xhrTransfer, type Transfer } from './transfer.ts';

/** The most files a message may have. */
export const MAX_ATTACHMENTS = 5;
/** The most a file may have, unless the server was told otherwise; its answer counts. */
export const MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024;

/**
 * `waiting` for its turn, `uploading`, `interrupted` when the network was lost and it will go on by itself, `checking`
 * while the server has it and holds it back, `ready` to be sent, `failed`.
 */
export type UploadState = 'waiting' | 'uploading' | 'interrupted' | 'checking' | 'ready' | 'failed';

export interface UploadProblem {
  /**
   * The server's, or one of `empty`, `too_big`, `unreadable` (changed or gone on the device), `lost` (the page was left
   * before it was uploaded), `refused` (by the check of its content), `network`.
   */
  readonly code: string;
  /** The server's words; may be empty, the page then words the code. */
  readonly message: string;
  readonly canRetry: boolean;
}

/** One file on its way to the next message. */
export interface Upload {
  /** Also the upload's Idempotency-Key. */
  readonly key: string;
  readonly name: string;
  readonly size: number;
  /** What the browser, later the server, takes it for. */
  readonly mime: string;
  readonly state: UploadState;
  /** The share of its bytes that have left, 0 to 1. */
  readonly progress: number;
  /** Its bytes, while this page has them. */
  readonly file: File | null;
  /** Once the server has it. */
  readonly attachment: Attachment | null;
  readonly problem: UploadProblem | null;
}

/** The conversation the files go to. */
export interface UploadTarget {
  readonly id: string;
  readonly draft: ReadonlySignal<string>;
  readonly tray: ReadonlySignal<Tray | null>;
  post(content: string, inReplyTo?: string, attachments?: readonly Attachment[]): boolean;
  setDraft(text: string): void;
}

export interface UploadsOptions {
  conversation: UploadTarget;
  api: ApiClient;
  /** As for the conversation: another person on the same device must not get them. */
  scope: string;
  storage?: KeyValueStore;
  clock?: Clock;
  random?: () => number;
  network?: Network;
  tab?: Tab;
  transfer?: Transfer;
}

const AT_ONCE = 2;
const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 30_000;
/** So often a file is sent without an answer, or with one that promises better, before its owner is asked. */
const ATTEMPTS = 6;
const CHECK_MS = 3_000;
const CHECK_CAP_MS = 30_000;

/**
 * The files of the message that is being written. Each is uploaded at once, under one key through every attempt, so
 * that the server stores it once. What is uploaded is kept on disk until it is sent or taken away; a file that was not
 * cannot outlive the page, and comes back as `lost`. They belong to their conversation, whichever is on screen.
 */
export class Uploads {
  readonly items: ReadonlySignal<readonly Upload[]> = signal<readonly Upload[]>([]);
  /** The names of files that were one too many, until the next change. */
  readonly leftOut: ReadonlySignal<readonly string[]> = signal<readonly string[]>([]);
  /** True while a message waits for them to be uploaded; it is then sent by itself, unless its text changes. */
  readonly sending: ReadonlySignal<boolean> = signal(false);

  readonly #conversation: UploadTarget;
  readonly #api: ApiClient;
  readonly #attachments: AttachmentsApi;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #network: Network;
  readonly #transfer: Transfer;
  readonly #tin: Tin;
  readonly #running = new Map<string, AbortController>();
  /** The text that waits for its files. */
  #held: string | null = null;

  constructor(options: UploadsOptions) {
    const { conversation, api, scope, storage = browserStore(), tab = pageTab() } = options;
    this.#conversation = conversation;
    this.#api = api;
    this.#attachments = new AttachmentsApi(api);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#network = options.network ?? browserNetwork();
    this.#transfer = options.transfer ?? xhrTransfer;
    this.#tin = new Tin({ storage, scope, conversationId: conversation.id, tab, clock: this.#clock, found: (uploads) => this.#take(uploads) });
    this.#tin.open();
    this.#set(this.items.value);
  }

  /** Adds files to the next message and begins to upload them. One that is there already is not added again. */
  attach(files: Iterable<File>): void {
    const fresh = [...files].filter((file) => !this.items.value.some((item) => item.file !== null && isSame(item.file, file)));
    const room = Math.max(0, MAX_ATTACHMENTS - this.items.value.filter(({ state }) => state !== 'failed').length);
    const uploads = fresh.map(uploadOf);
    // What is refused here takes no place.
    const kept = uploads.filter((upload, index) => upload.problem !== null || uploads.slice(0, index).filter(({ problem }) => problem === null).length < room);
    this.#held = null;
    this.#set([...this.items.value, ...kept]);
    set(this.leftOut, uploads.filter((upload) => !kept.includes(upload)).map(({ name }) => name));
    this.#pump();
  }

  /** Takes a file away, whatever its state. */
  remove(key: string): void {
    const item = this.#find(key);
    for (const run of [key, checkOf(key)]) {
      this.#running.get(run)?.abort();
      this.#running.delete(run);
    }
    this.#set(this.items.value.filter((other) => other.key !== key));
    set(this.leftOut, []);
    // The server forgets what no message names within a day, also if it cannot be told.
    if (item?.attachment) this.#attachments.remove(item.attachment.id).catch(ignoreApiError);
    this.#pump();
    this.#sendHeld();
  }

  /** Uploads a failed one again, under the same key. */
  retry(key: string): void {
    const item = this.#find(key);
    if (!item?.problem?.canRetry) return;
    this.#change(key, { state: 'waiting', progress: 0, problem: null });
    this.#pump();
  }

  /**
   * Sends a message with the files, as soon as those on their way are uploaded; failed ones stay. True when it was sent
   * now. When one fails meanwhile, nothing is sent: its owner decides.
   */
  send(content: string): boolean {
    const { items } = this;
    if ([...content].length > MAX_CONTENT) return false;
    if (items.value.some(({ state }) => state !== 'ready' && state !== 'failed')) {
      this.#hold(content);
      return false;
    }
    const attachments = items.value.flatMap(({ attachment, state }) => (state === 'ready' && attachment !== null ? [attachment] : []));
    const sent = this.#conversation.post(content, undefined, attachments.length > 0 ? attachments : undefined);
    if (!sent) return false;
    this.#hold(null);
    set(this.leftOut, []);
    this.#set(items.value.filter(({ state }) => state === 'failed'));
    return true;
  }

  /** Ends every upload, as at sign-out. What is uploaded stays on disk. */
  dispose(): void {
    for (const stop of this.#running.values()) stop.abort();
    this.#running.clear();
    this.#tin.close();
    set(this.#conversation.tray, null);
  }

  #pump(): void {
    for (const item of this.items.value) {
      if ([...this.#running.keys()].filter((run) => !run.startsWith(CHECK)).length >= AT_ONCE) return;
      if (item.state === 'waiting' && item.file !== null && !this.#running.has(item.key)) void this.#upload(item.key, item.file);
    }
  }

  async #upload(key: string, file: File): Promise<void> {
    const stop = new AbortController();
    this.#running.set(key, stop);
    const onProgress = (progress: number) => this.#change(key, { progress });
    for (let attempt = 1; ; attempt += this.#network.isOnline() ? 1 : 0) {
      try {
        this.#change(key, { state: 'uploading', progress: 0 });
        const attachment = await uploadFile(this.#api, this.#conversation.id, file, { key, signal: stop.signal, onProgress, transfer: this.#transfer });
        if (stop.signal.aborted) return this.#forsake(attachment);
        this.#running.delete(key);
        this.#uploaded(key, attachment);
        break;
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        const problem = await problemOf(error, file);
        if (stop.signal.aborted) return;
        if (problem.canRetry && attempt < ATTEMPTS) {
          this.#change(key, { state: 'interrupted', progress: 0 });
          await this.#pause(error.retryAfter ?? Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempt) * (0.5 + this.#random() / 2), stop.signal);
          if (stop.signal.aborted) return;
          continue;
        }
        this.#running.delete(key);
        this.#fail(key, problem);
        break;
      }
    }
    this.#pump();
    this.#sendHeld();
  }

  /** It was taken away while its last bytes were on their way. */
  #forsake(attachment: Attachment): void {
    this.#attachments.remove(attachment.id).catch(ignoreApiError);
  }

  #uploaded(key: string, attachment: Attachment): void {
    const { status, mime_type: mime, size, file_name: name } = attachment;
    if (status === 'refused') return this.#fail(key, REFUSED);
    this.#change(key, { state: status === 'ready' ? 'ready' : 'checking', progress: 1, attachment, mime, size, name });
    if (status === 'pending') void this.#check(key, attachment.id);
  }

  /** Asks until the server has looked at it. */
  async #check(key: string, id: string): Promise<void> {
    const stop = new AbortController();
    this.#running.set(checkOf(key), stop);
    for (let wait = CHECK_MS; ; wait = Math.min(CHECK_CAP_MS, wait * 2)) {
      await this.#pause(wait, stop.signal);
      if (stop.signal.aborted || this.#find(key) === undefined) break;
      try {
        const attachment = await this.#attachments.get(id);
        if (stop.signal.aborted || this.#find(key) === undefined) break;
        if (attachment.status === 'pending') continue;
        this.#uploaded(key, attachment);
        break;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.isTemporary || error.status === 401) continue;
        this.#fail(key, { code: error.code, message: error.message, canRetry: false });
        break;
      }
    }
    this.#running.delete(checkOf(key));
    this.#sendHeld();
  }

  #fail(key: string, problem: UploadProblem): void {
    this.#hold(null);
    this.#change(key, { state: 'failed', problem, attachment: null });
  }

  #hold(content: string | null): void {
    this.#held = content;
    set(this.sending, content !== null);
  }

  #sendHeld(): void {
    const content = this.#held;
    if (content === null) return;
    // What has been written since is not to be sent half.
    if (content !== this.#conversation.draft.value) return this.#hold(null);
    if (this.items.value.length === 0 && content.trim() === '') return this.#hold(null);
    if (this.send(content)) this.#conversation.setDraft('');
  }

  /** What an earlier page, or a message that was given up, left. */
  #take(uploads: readonly Upload[]): void {
    const fresh = uploads.filter((upload) => !this.items.value.some(({ attachment, key }) => key === upload.key || (attachment !== null && attachment.id === upload.attachment?.id)));
    this.#set([...this.items.value, ...fresh]);
    for (const { key, state, attachment } of fresh) if (state === 'checking') void this.#check(key, attachment!.id);
  }

  #find(key: string): Upload | undefined {
    return this.items.value.find((item) => item.key === key);
  }

  #change(key: string, change: Partial<Upload>): void {
    this.#set(this.items.value.map((item) => (item.key === key ? { ...item, ...change } : item)));
  }

  #set(items: readonly Upload[]): void {
    set(this.items, items);
    this.#tin.keep(items);
    const uploading = items.some(({ state }) => state !== 'ready' && state !== 'failed');
    const known = this.#conversation.tray.value;
    if (known?.count === items.length && known.uploading === uploading) return;
    set(this.#conversation.tray, { count: items.length, uploading, send: (content) => this.send(content), restore: (attachments) => this.#take(attachments.map(readyOf)) });
  }

  /** Waits, but no longer than until the network is back. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#clock.clearTimeout(timer);
        unlisten();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#clock.setTimeout(done, ms);
      const unlisten = this.#network.listen((event) => event === 'online' && done());
      signal.addEventListener('abort', done);
    });
  }
}

const CHECK = 'check ';
const checkOf = (key: string) => CHECK + key;
const REFUSED: UploadProblem = { code: 'refused', message: '', canRetry: false };

function uploadOf(file: File): Upload {
  const code = file.size === 0 ? 'empty' : file.size > MAX_ATTACHMENT_BYTES ? 'too_big' : null;
  return {
    key: uuid(),
    name: file.name,
    size: file.size,
    mime: file.type,
    state: code === null ? 'waiting' : 'failed',
    progress: 0,
    file,
    attachment: null,
    problem: code === null ? null : { code, message: '', canRetry: false },
  };
}

function readyOf(attachment: Attachment): Upload {
  const { file_name: name, size, mime_type: mime } = attachment;
  return { key: uuid(), name, size, mime, state: 'ready', progress: 1, file: null, attachment, problem: null };
}

/** As far as can be told without reading them. */
function isSame(a: File, b: File): boolean {
  return a.name === b.name && a.size === b.size && a.lastModified === b.lastModified && a.type === b.type;
}

async function problemOf(error: ApiError, file: File): Promise<UploadProblem> {
  const { code, message } = error;
  if (code === NO_ANSWER) {
    // A file that was changed or deleted after it was chosen fails as if the network had.
    const readable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
    return { code: readable ? code : 'unreadable', message: '', canRetry: readable };
  }
  return { code, message, canRetry: error.isTemporary || code === RUNNING };
}

/** What cannot be told now is found out by the server alone. */
function ignoreApiError(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
