import { AttachmentsApi, type AttachmentLink } from '../api/attachments.ts';
import type { ApiClient } from '../api/client.ts';
import { systemClock, type Clock } from '../env.ts';

/** A link is given out only while it is good for at least this long: a large file takes its time. */
const GOOD_FOR_MS = 5 * 60_000;

/** What an address is for. */
export type FileUse = 'save' | 'show';

/** Addresses of files, fetched when they are needed and again before they end. */
export class Links {
  readonly #api: AttachmentsApi;
  readonly #origin: string;
  readonly #clock: Clock;
  readonly #links = new Map<string, Promise<AttachmentLink>>();

  constructor(api: ApiClient, clock: Clock = systemClock) {
    this.#api = new AttachmentsApi(api);
    this.#origin = api.origin;
    this.#clock = clock;
  }

  /**
   * The address of a file, good for some minutes at least: to be saved, or of a picture to be shown. Rejects with an
   * `ApiError`.
   */
  async url(id: string, use: FileUse = 'save'): Promise<string> {
    const key = `${use} ${id}`;
    const known = this.#links.get(key);
    if (known !== undefined) {
      const { url, expires_at } = await known;
      if (Date.parse(expires_at) - this.#clock.now() > GOOD_FOR_MS) return url;
    }
    // Whoever asks meanwhile gets the same answer.
    if (this.#links.get(key) === known) this.#links.set(key, this.#fetch(key, id, use));
    return (await this.#links.get(key)!).url;
  }

  /** The address did not work: the next one who asks gets another. */
  forget(id: string, use: FileUse = 'save'): void {
    this.#links.delete(`${use} ${id}`);
  }

  #fetch(key: string, id: string, use: FileUse): Promise<AttachmentLink> {
    const link = this.#api.link(id, use === 'show').then((answer) => ({ ...answer, url: new URL(answer.url, this.#origin).href }));
    // A failure is told to those who asked, and asked for anew.
    link.catch(() => this.#links.get(key) === link && this.#links.delete(key));
    return link;
  }
}
