import { signal, type ReadonlySignal } from '@preact/signals-core';
import { systemClock, type Clock, type TimerId } from '../env.ts';
import { ApiError } from '../errors.ts';
import type { LoginAnswer, User, UserChange } from '../types.ts';
import { ApiClient, type ApiOptions, type TokenSource } from './client.ts';
import { set } from '../signals.ts';

export interface Credentials {
  organization?: string;
  email: string;
  password: string;
  totp?: string;
}

export type SessionStatus = 'restoring' | 'signed_in' | 'signed_out';

const BROWSER = { 'x-guichet-client': 'browser' };
/** Renew this long before the token ends, so that a slow answer still comes in time. */
const RENEW_AHEAD_MS = 90_000;
const RENEW_RETRY_MS = 5_000;

/**
 * A person signed in by this browser. The access token lives in memory only; the refresh token is a
 * cookie no script can read. The token is renewed before it ends, in one request however many ask.
 */
export class BrowserSession implements TokenSource {
  readonly status: ReadonlySignal<SessionStatus> = signal<SessionStatus>('restoring');
  readonly user: ReadonlySignal<User | null> = signal<User | null>(null);
  /** Calls in this session's name. */
  readonly api: ApiClient;

  readonly #listeners = new Set<(token: string | null) => void>();
  readonly #clock: Clock;
  #token: string | null = null;
  #renewing: Promise<string | null> | null = null;
  #timer: TimerId | undefined;

  constructor(options: Omit<ApiOptions, 'tokens'> = {}) {
    this.#clock = options.clock ?? systemClock;
    this.api = new ApiClient({ ...options, tokens: this });
  }

  /** Takes up the session of the cookie. Rejects with `network` when the server cannot be asked: the status stays `restoring`. */
  async restore(): Promise<User | null> {
    await this.renew(null);
    return this.user.value;
  }

  async login(credentials: Credentials): Promise<User> {
    const answer = await this.api.post<LoginAnswer>('/auth/login', credentials, { auth: false, headers: BROWSER });
    this.#accept(answer);
    return answer.user;
  }

  /** Signed out here even when the server could not be told; rejects then, so that the page can say so. */
  async logout(): Promise<void> {
    try {
      await this.api.post('/auth/logout', undefined, { headers: BROWSER, idempotent: true });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    } finally {
      this.#end();
    }
  }

  /** Changes the person signed in; safe after a lost answer. */
  async update(change: UserChange): Promise<User> {
    const user = await this.api.call<User>('PATCH', '/auth/me', { body: change, idempotent: true });
    if (this.user.value?.id === user.id) set(this.user, user);
    return user;
  }

  /** Ends every session of the account, this one too, and signs in anew under the new password. */
  async changePassword(current_password: string, password: string, organization?: string): Promise<void> {
    const { email } = await this.api.call<User>('PATCH', '/auth/me', { body: { current_password, password } });
    await this.login({ email, password, ...(organization === undefined ? {} : { organization }) });
  }

  token(): string | null {
    return this.#token;
  }

  renew(rejected: string | null): Promise<string | null> {
    if (rejected !== null && this.#token !== null && rejected !== this.#token) return Promise.resolve(this.#token);
    this.#renewing ??= this.#refresh().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  subscribe(listener: (token: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  async #refresh(): Promise<string | null> {
    try {
      const answer = await this.api.post<LoginAnswer>('/auth/refresh', {}, { auth: false, headers: BROWSER, idempotent: true });
      this.#accept(answer);
      return answer.access_token;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        this.#end();
        return null;
      }
      throw error;
    }
  }

  #accept(answer: LoginAnswer): void {
    this.#token = answer.access_token;
    if (answer.user) set(this.user, answer.user);
    set(this.status, 'signed_in');
    this.#renewIn(Math.max(1_000, Math.max(answer.expires_in * 1000 - RENEW_AHEAD_MS, answer.expires_in * 500)));
    for (const listener of [...this.#listeners]) listener(this.#token);
  }

  #renewIn(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      // No answer is no verdict: the session stays, and is asked for again.
      this.renew(this.#token).catch(() => this.#renewIn(RENEW_RETRY_MS));
    }, ms);
  }

  #end(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#token = null;
    set(this.user, null);
    set(this.status, 'signed_out');
    for (const listener of [...this.#listeners]) listener(null);
  }
}

/** A guest's token: given once, good until it ends, never renewed. */
export class GuestTokens implements TokenSource {
  readonly #listeners = new Set<(token: string | null) => void>();
  #token: string | null;

  constructor(token: string) {
    this.#token = token;
  }

  token(): string | null {
    return this.#token;
  }

  renew(rejected: string | null): Promise<string | null> {
    if (rejected === this.#token) {
      this.#token = null;
      for (const listener of [...this.#listeners]) listener(null);
    }
    return Promise.resolve(this.#token);
  }

  subscribe(listener: (token: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
