// What a password has to be, as far as a page can tell; the server knows the common ones.
import type { PageSpeech } from '../texts.ts';

const LEAST = 10;
/** In bytes: what the server's hash takes in. */
const MOST = 72;

export function passwordProblem(password: string, { t }: Pick<PageSpeech, 't'>): string | null {
  const bytes = new TextEncoder().encode(password).length;
  if (password === '') return t('sign_in.password_missing');
  if (bytes < LEAST) return t('password.short', { count: LEAST });
  return bytes > MOST ? t('password.long', { count: MOST }) : null;
}
