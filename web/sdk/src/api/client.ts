import { systemClock, type Clock } from '../env.ts';
import { ApiError } from '../errors.ts';

/** Where the bearer token comes from. */
export interface TokenSource {
  /** The token of now, without asking anybody; null when signed out. */
  token(): string | null;
  /**
   * A token other than `rejected`; calls at the same time share one request.
   * Null when there is none to be had: the person is signed out.
   * Rejects with `ApiError` `network` when nobody could be asked.
   */
  renew(rejected: string | null): Promise<string | null>;
  /** Told of each new token, and of null at sign-out; returns how to stop. */
  subscribe(listener: (token: string | null) => void): () => void;
}

export interface ApiOptions {
  /** Origin of the server, without a slash at the end; the page's own when absent. */
  origin?: string;
  tokens?: TokenSource;
  /** BCP 47, sent as Accept-Language. */
  language?: () => string;
  fetch?: typeof fetch;
  clock?: Clock;
  random?: () => number;
  /** An answer that takes longer counts as none. */
  timeoutMs?: number;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Call {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  /** The server does it once however often it is asked (a client_message_id, an idempotency key); GET always is. */
  idempotent?: boolean;
  /** False for calls that need no account. */
  auth?: boolean;
}

/** An earlier attempt under the same key has not ended. */
export const RUNNING = 'idempotency_running';

const NETWORK_RETRIES = 2;
const RETRY_BASE_MS = 400;

/** A call that creates something: once, however often it is asked under this key. */
export function once(key: string): Pick<Call, 'headers' | 'idempotent'> {
  return { headers: { 'idempotency-key': key }, idempotent: true };
}

/**
 * Calls below `/api/v1`. Every failure is an `ApiError`. A 401 renews the token once and asks again;
 * an idempotent call without an answer, or still being carried out from an earlier attempt, is asked up
 * to twice more.
 */
export class ApiClient {
  readonly origin: string;
  readonly tokens: TokenSource | null;
  /** What the answers are to be written in. */
  readonly language: (() => string) | undefined;
  readonly #options: ApiOptions;
  readonly #clock: Clock;

  constructor(options: ApiOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.origin = options.origin ?? location.origin;
    this.tokens = options.tokens ?? null;
    this.language = options.language;
  }

  /** The same server and settings with another token source. */
  with(tokens: TokenSource): ApiClient {
    return new ApiClient({ ...this.#options, tokens });
  }

  get<T>(path: string, call: Omit<Call, 'body' | 'idempotent'> = {}): Promise<T> {
    return this.call<T>('GET', path, { ...call, idempotent: true });
  }

  post<T>(path: string, body?: unknown, call: Omit<Call, 'body'> = {}): Promise<T> {
    return this.call<T>('POST', path, { ...call, body });
  }

  async call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await read<T>(await this.answer(method, path, call));
      } catch (error) {
        const unanswered = error instanceof ApiError && (error.isNetwork || error.code === RUNNING);
        if (!unanswered || !call.idempotent || attempt === NETWORK_RETRIES) throw error;
        await this.#pause(error.retryAfter ?? RETRY_BASE_MS * 2 ** attempt * (0.5 + this.#random()));
      }
    }
  }

  /** The answer as it came, also a refusal. */
  async answer(method: string, path: string, call: Call = {}): Promise<Response> {
    const tokens = call.auth === false ? null : this.tokens;
    const token = tokens?.token() ?? null;
    const response = await this.#fetch(method, path, call, token);
    if (response.status !== 401 || !tokens || token === null) return response;
    const fresh = await tokens.renew(token);
    return fresh === null || fresh === token ? response : this.#fetch(method, path, call, fresh);
  }

  async #fetch(method: string, path: string, call: Call, token: string | null): Promise<Response> {
    const stop = new AbortController();
    const timer = this.#clock.setTimeout(() => stop.abort(), this.#options.timeoutMs ?? 20_000);
    const headers: Record<string, string> = { accept: 'application/json', ...call.headers };
    const language = this.language?.();
    if (language) headers['accept-language'] = language;
    if (token) headers.authorization = `Bearer ${token}`;
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    try {
      const ask = this.#options.fetch ?? globalThis.fetch.bind(globalThis);
      return await ask(this.origin + '/api/v1' + path + queryOf(call.query), {
        method,
        headers,
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        signal: stop.signal,
        credentials: 'same-origin',
        cache: 'no-store',
      });
    } catch (cause) {
      throw ApiError.noAnswer(cause);
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimeout(resolve, ms));
  }
}

async function read<T>(response: Response): Promise<T> {
  if (!response.ok) throw await ApiError.from(response);
  if (response.status === 204) return undefined as T;
  const text = await response.text().catch((cause: unknown) => {
    throw ApiError.noAnswer(cause);
  });
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    // A proxy's login page, for example: nothing the caller can use.
    throw new ApiError({ code: 'unreadable', status: response.status }, null, cause);
  }
}

function queryOf(query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (pairs.length === 0) return '';
  return '?' + new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
}
