import { AttachmentsApi, type AttachmentLink } from '../api/attachments.ts';
import type { ApiClient } from '../api/client.ts';
import { systemClock, type Clock } from '../env.ts';

/** A link is given out only while it is good for at least this long: a large file takes its time. */
const GOOD_FOR_MS = 5 * 60_000;

/** Download addresses, fetched when they are needed and again before they end. */
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

  /** The address of a file, good for some minutes at least. Rejects with an `ApiError`. */
  async url(id: string): Promise<string> {
    const known = this.#links.get(id);
    if (known !== undefined) {
      const { url, expires_at } = await known;
      if (Date.parse(expires_at) - this.#clock.now() > GOOD_FOR_MS) return url;
    }
    // Whoever asks meanwhile gets the same answer.
    if (this.#links.get(id) === known) this.#links.set(id, this.#fetch(id));
    return (await this.#links.get(id)!).url;
  }

  /** The address did not work: the next one who asks gets another. */
  forget(id: string): void {
    this.#links.delete(id);
  }

  #fetch(id: string): Promise<AttachmentLink> {
    const link = this.#api.link(id).then((answer) => ({ ...answer, url: new URL(answer.url, this.#origin).href }));
    // A failure is told to those who asked, and asked for anew.
    link.catch(() => this.#links.get(id) === link && this.#links.delete(id));
    return link;
  }
}
