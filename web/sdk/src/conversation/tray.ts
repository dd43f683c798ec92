import type { Attachment } from '../types.ts';

/** Files that wait for the next message, as `Uploads` keeps them. */
export interface Tray {
  /** How many there are, whatever became of them. */
  readonly count: number;
  /** Whether some are still on their way. */
  readonly uploading: boolean;
  /** Sends a message with them, now or once they are uploaded. False when it was not sent yet, or has nothing in it. */
  send(content: string): boolean;
  /** Takes back those of a message that was given up. */
  restore(attachments: readonly Attachment[]): void;
}
