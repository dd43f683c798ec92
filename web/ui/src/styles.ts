// The style sheets as text, so that a page and a shadow root adopt the same rules.
import base from './styles/base.css?inline';
import files from './styles/files.css?inline';
import thread from './styles/thread.css?inline';
import tokens from './styles/tokens.css?inline';

/** Colours, sizes and durations; goes first. */
export const tokensCss: string = tokens;
/** Reset, buttons, fields, avatars, badges, empty states. */
export const baseCss: string = base;
/** Files of messages, sent and to be sent; for where they are drawn. */
export const filesCss: string = files;
/** Bubbles, receipts, typing. */
export const threadCss: string = thread;
