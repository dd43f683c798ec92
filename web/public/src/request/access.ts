// By what right somebody reads a request: the token of a link, or an account.
import { GuestTokens, PublicApi, SupportRequestsApi, type ApiClient, type TokenSource, type TrackedSupportRequest, type User } from '@guichet/sdk';
import { decoded, takeFragment } from '../address.ts';
import { nobody, organization } from '../organization.ts';
import { session } from '../session.ts';

const KEPT = 'guichet.access.';

/** The number in the page's address. */
export const requestNumber = decoded(location.pathname.split('/').filter(Boolean)[1] ?? '');

/** The token of the link that was followed, else the one that this tab has kept for a reload. */
export function takeToken(): string | null {
  const given = takeFragment();
  if (given !== '') {
    keepToken(requestNumber, given);
    return given;
  }
  try {
    return sessionStorage.getItem(KEPT + requestNumber);
  } catch {
    // Storage is forbidden: a reload needs the link again.
    return null;
  }
}

/** Lets this tab open the page of a request without a link. */
export function keepToken(number: string, token: string): void {
  try {
    sessionStorage.setItem(KEPT + number, token);
  } catch {
    // As above.
  }
}

export function forgetToken(): void {
  try {
    sessionStorage.removeItem(KEPT + requestNumber);
  } catch {
    // As above.
  }
}

/** What a requester may do, however they came. */
export interface Access {
  readonly kind: 'guest' | 'account';
  readonly api: ApiClient;
  readonly tokens: TokenSource;
  readonly user: User | null;
  readonly requests: SupportRequestsApi;
  fetch(): Promise<TrackedSupportRequest>;
  /** Lets this tab open the page of another request of the same person; `token` is that one's own, where it has one. */
  reach(number: string, token?: string): void;
}

export function guestAccess(token: string): Access {
  const tokens = new GuestTokens(token);
  const api = nobody.with(tokens);
  const own = new PublicApi(api, organization);
  return {
    kind: 'guest',
    api,
    tokens,
    user: null,
    requests: new SupportRequestsApi(api),
    fetch: () => own.supportRequest(requestNumber),
    reach: (number, another = token) => keepToken(number, another),
  };
}

export function accountAccess(user: User): Access {
  const { api } = session;
  const requests = new SupportRequestsApi(api);
  return {
    kind: 'account',
    api,
    tokens: session,
    user,
    requests,
    async fetch() {
      const support_request = await requests.byNumber(requestNumber);
      return { support_request, timeline: await requests.timeline(support_request.id) };
    },
    // The account opens all of them.
    reach() {},
  };
}
