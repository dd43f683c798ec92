/**
 * The shapes of the REST interface, as the server's OpenAPI document states them (`npm run types`).
 * An answer may carry more.
 */
import type { components } from './schema.d.ts';

type Schemas = components['schemas'];

export type Role = Schemas['UserRole'];
export type Language = Schemas['UserLanguage'];
export type User = Schemas['User'];
/** Whether a member of staff wants to be asked. */
export type StaffAvailability = Schemas['StaffAvailability'];
export type UserChange = Schemas['UpdateMe'];
/** `refresh_token` is absent for browsers: it travels in an HttpOnly cookie. */
export type LoginAnswer = Schemas['LoginAnswer'];

export type SenderType = Schemas['SenderType'];
export type Sender = Schemas['Sender'];
/** `content` is null once the message is deleted; `client_message_id` is told to its sender only. */
export type Message = Schemas['Message'];
export type MessagePage = Schemas['MessagePage'];
export type SentMessage = Schemas['SentMessage'];
export type RevisedMessage = Schemas['RevisedMessage'];

/** A file of a message; also one that is uploaded and waits to be named by one. */
export type Attachment = Schemas['Attachment'];

export type Participant = Schemas['Participant'];
export type ConversationStatus = Schemas['ConversationStatus'];
export type Conversation = Schemas['Conversation'];
export type ConversationPage = Schemas['ConversationPage'];
/** `access_token` is given to guests only: good for REST and realtime, for this one conversation. */
export type OpenedConversation = Schemas['OpenedConversation'];

/** A live period of a conversation. */
export type ChatSession = Schemas['ChatSession'];

export type RequestStatus = Schemas['RequestStatus'];
export type Priority = Schemas['RequestPriority'];
export type RequestKind = Schemas['RequestKind'];
export type RequestSource = Schemas['RequestSource'];
export type ServiceLevel = Schemas['ServiceLevel'];
export type LastMessage = Schemas['LastMessage'];
/** A request as its requester is told of it; live changes leave `unread_count` out. */
export type OwnSupportRequest = Schemas['SupportRequest'];
/** A request as staff is told of it. */
export type SupportRequest = OwnSupportRequest & Required<Pick<OwnSupportRequest, 'tags' | 'unread_count'>> & { deleted_at?: string | null };
export type SupportRequestPage = Omit<Schemas['SupportRequestPage'], 'items'> & { items: SupportRequest[] };
export type TimelineEntry = Schemas['TimelineEntry'];
export type Note = Schemas['Note'];
export type TrackedSupportRequest = Schemas['TrackedSupportRequest'];

export type UserPage = Schemas['UserPage'];

export type Availability = Schemas['Availability'];

/** RFC 9457 problem details, with a stable `code`. */
export type Problem = Schemas['Problem'];
export type FieldProblem = Schemas['FieldProblem'];

/** A JSON object whose keys the integrator chooses. */
export type Metadata = Record<string, unknown>;
