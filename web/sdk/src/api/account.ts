import type { ApiClient } from './client.ts';

export interface NewAccount {
  organization?: string | undefined;
  email: string;
  password: string;
  first_name: string;
  last_name: string;
  language?: string | undefined;
}

/** How a person comes to an account, and back to it. None of these tells whether an address has one. */
export class AccountApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** A letter with a link follows; the account works once the link was opened. */
  register(account: NewAccount): Promise<void> {
    return this.#client.post('/auth/register', account, { auth: false });
  }

  /** `token` is that of the letter, good once; `password` that of the registration. */
  verify(token: string, password: string): Promise<void> {
    return this.#client.post('/auth/email/verify', { token, password }, { auth: false });
  }

  /** A letter with a link follows where there is such an account. */
  forgotPassword(email: string, organization?: string): Promise<void> {
    return this.#client.post('/auth/password/forgot', { organization, email }, { auth: false });
  }

  /** `token` is that of the letter; good once. Ends every session of the account. */
  resetPassword(token: string, password: string): Promise<void> {
    return this.#client.post('/auth/password/reset', { token, password }, { auth: false });
  }

  /** Takes up an invitation; `token` is that of the letter, good once. */
  acceptInvitation(token: string, account: Pick<NewAccount, 'password' | 'first_name' | 'last_name' | 'language'>): Promise<void> {
    return this.#client.post('/auth/invitations/accept', { token, ...account }, { auth: false });
  }
}
