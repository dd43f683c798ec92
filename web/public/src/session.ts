// The person signed in by this browser.
import { BrowserSession } from '@guichet/sdk';
import { locale } from './preferences.ts';

export const session = new BrowserSession({ language: () => locale.value });
