/**
 * The frames of the native realtime protocol, subprotocol `guichet.v1`.
 */
import type { ChatSession, Message, Note, Participant, SupportRequest, TimelineEntry, Role, StaffAvailability } from './types.ts';

export const SUBPROTOCOL = 'guichet.v1';

/** Why the server closes a socket, and what the client then does. */
export const CloseCode = {
  /** The node stops: reconnect when it said so. */
  Restart: 1012,
  Malformed: 4000,
  NotAuthenticated: 4001,
  /** Get a fresh token, then reconnect. */
  TokenExpired: 4003,
  TooFast: 4008,
  TooBig: 4009,
  TooSlow: 4010,
  NoHeartbeat: 4011,
  /** Do not reconnect. */
  Gone: 4040,
} as const;

export type ClientFrame =
  | { type: 'authenticate'; token: string }
  | { type: 'subscribe'; ref?: string; conversation_id: string; epoch?: string; after_seq?: number }
  | { type: 'unsubscribe'; conversation_id: string }
  | { type: 'abandon'; conversation_id: string; client_message_id: string }
  | { type: 'send'; ref?: string; conversation_id: string; client_message_id: string; content: string; attachment_ids?: string[]; in_reply_to?: string }
  | { type: 'read' | 'delivered'; conversation_id: string; seq: number }
  | { type: 'typing'; conversation_id: string; is_typing: boolean }
  /** Staff only: `replying` is to be said again within 30 s, `viewing` within 5 min. */
  | { type: 'view'; support_request_id: string; state: Viewer['state'] | 'left' }
  | { type: 'availability'; value: StaffAvailability }
  | { type: 'ping' };

export interface WelcomeFrame {
  type: 'welcome';
  connection_id: string;
  /** `availability` of staff only. */
  user: { id: string; name: string; role: Role | 'guest'; availability?: StaffAvailability };
  epoch: string;
  heartbeat_ms: number;
  max_frame_bytes: number;
}

export interface SubscribedFrame {
  type: 'subscribed';
  ref?: string | null;
  conversation_id: string;
  last_seq: number;
  participants: Participant[];
}

export interface LiveFrame {
  type: 'live';
  conversation_id: string;
  seq: number;
}

export interface ResetFrame {
  type: 'reset';
  conversation_id: string;
  reason: 'epoch_changed' | 'ahead' | 'forbidden';
}

export interface UnsubscribedFrame {
  type: 'unsubscribed';
  conversation_id: string;
  reason: string;
}

/** A log entry: `seq` is the entry's, `message` shows the content of now. */
export interface EntryFrame {
  type: 'message' | 'message_edited' | 'message_deleted';
  conversation_id: string;
  seq: number;
  message: Message;
}

export interface AckFrame {
  type: 'ack';
  ref?: string | null;
  conversation_id: string;
  client_message_id: string;
  message_id: string;
  seq: number;
  created_at: string;
  duplicate: boolean;
}

export interface NackFrame {
  type: 'nack';
  ref?: string | null;
  conversation_id: string;
  client_message_id: string;
  code: string;
  message: string;
  retry: boolean;
  retry_after_ms?: number | null;
}

export interface ReceiptFrame {
  type: 'receipt';
  conversation_id: string;
  participant_id: string;
  delivered_seq: number;
  read_seq: number;
  read_at: string | null;
}

/** Where a customer stands among the chats that wait for an agent: from 1; 0 once it waits no more. */
export interface QueuePosition {
  position: number;
  /** How long waiting has taken lately; null when nobody was taken lately. */
  estimated_wait_s: number | null;
}

/** What happened around a conversation, or is so now: told again, it is the same. */
export type ConversationEventFrame = { type: 'conversation'; conversation_id: string } & (
  | { event: 'session_opened' | 'session_closed' | 'session_timeout'; data: ChatSession }
  | { event: 'queue_position'; data: QueuePosition }
  | { event: 'participant_joined'; data: Participant }
);

export interface TypingFrame {
  type: 'typing';
  conversation_id: string;
  participant_id: string;
  name: string;
  is_typing: boolean;
}

export interface PresenceFrame {
  type: 'presence';
  participant_id: string;
  online: boolean;
  /** Of staff only. */
  availability?: StaffAvailability;
}

/** A member of staff who looks at a request. */
export interface Viewer {
  id: string;
  name: string;
  state: 'viewing' | 'replying';
}

/** An internal note of a request was written, edited or deleted; told to staff only. */
export interface NoteFrame {
  type: 'note';
  support_request_id: string;
  note: Note;
}

/** Everybody who looks at a request, oneself too; the last frame of a request counts. */
export interface ViewersFrame {
  type: 'viewers';
  support_request_id: string;
  viewers: Viewer[];
}

export interface SupportRequestFrame {
  type: 'support_request';
  event: string;
  /** To staff; a requester is told an `OwnSupportRequest`. */
  support_request: SupportRequest;
}

export interface TimelineFrame {
  type: 'timeline';
  support_request_id: string;
  entry: TimelineEntry;
}

export interface ErrorFrame {
  type: 'error';
  ref?: string | null;
  code: string;
  message: string;
}

export interface ByeFrame {
  type: 'bye';
  reason: string;
  retry_after_ms: number;
}

/** Frames that belong to one conversation. */
export type ConversationFrame =
  | SubscribedFrame
  | LiveFrame
  | ResetFrame
  | UnsubscribedFrame
  | EntryFrame
  | AckFrame
  | NackFrame
  | ReceiptFrame
  | ConversationEventFrame
  | TypingFrame;

export type ServerFrame =
  | WelcomeFrame
  | ConversationFrame
  | PresenceFrame
  | SupportRequestFrame
  | TimelineFrame
  | NoteFrame
  | ViewersFrame
  | ErrorFrame
  | ByeFrame
  | { type: 'resync' }
  | { type: 'pong' };

export type FrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;
