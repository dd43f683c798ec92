/**
 * The browser's side of Guichet: REST, the realtime connection, and conversations that lose nothing,
 * double nothing and keep their order.
 */
export { ApiClient, RUNNING, type ApiOptions, type Call, type Query, type TokenSource } from './api/client.ts';
export { BrowserSession, GuestTokens, type Credentials, type SessionStatus } from './api/session.ts';
export { ConversationApi, ConversationsApi, type MessageRange, type NewConversation, type NewMessage } from './api/conversations.ts';
export {
  MAX_BULK,
  SupportRequestsApi,
  type Action,
  type ActionName,
  type BulkChange,
  type BulkOutcome,
  type FollowUp,
  type Merge,
  type NewSupportRequest,
  type OpenedFollowUp,
  type Opinion,
  type RequestChange,
  type RequestForSomebody,
  type RequestSort,
  type SupportRequestFilter,
  type SupportRequestQuery,
} from './api/support-requests.ts';
export { NotesApi, type NewNote } from './api/notes.ts';
export { CannedRepliesApi, type CannedReply, type CannedReplyChange } from './api/canned-replies.ts';
export { SavedViewsApi, type SavedView, type SavedViewChange } from './api/saved-views.ts';
export * from './api/settings.ts';
export { StaffApi, type RequestParticipant, type Skills, type StaffMember, type StaffChange } from './api/staff.ts';
export { AttachmentsApi } from './api/attachments.ts';
export { AccountApi, type NewAccount } from './api/account.ts';
export { RequesterApi, type NewPublicSupportRequest, type OfferedCategory, type OpenedPublicSupportRequest } from './api/requester.ts';
export { PrivacyApi } from './api/privacy.ts';
export { PublicApi, type NewPublicConversation } from './api/public.ts';
export { ApiError, NO_ANSWER } from './errors.ts';
export { RealtimeClient, type Channel, type ConnectionState, type RealtimeOptions, type Transport } from './realtime/client.ts';
export { Viewing } from './realtime/viewing.ts';
export { realtimeUrl, type Socket, type SocketFactory } from './realtime/socket.ts';
export { Conversations, type ConversationsOptions } from './conversation/conversations.ts';
export { isClosed, isFinal, MAX_CONTENT } from './conversation/content.ts';
export { ConversationStore, type ConversationPhase, type Side } from './conversation/store.ts';
export { Links } from './attachments/links.ts';
export { RequestFiles } from './attachments/request-files.ts';
export type { Transfer } from './attachments/transfer.ts';
export { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, Uploads, type Upload, type UploadProblem, type UploadState } from './attachments/uploads.ts';
export type { Tray } from './conversation/tray.ts';
export { Draft } from './conversation/draft.ts';
export { EDITABLE_MS, Revisions, type Revisable } from './conversation/revisions.ts';
export { Outbox, type PendingMessage } from './conversation/outbox.ts';
export { pageTab, Tab } from './conversation/tab.ts';
export { set } from './signals.ts';
export type { MessageState, ThreadMessage } from './conversation/thread.ts';
export type { TypingPerson } from './conversation/typing.ts';
export { browserLocks, browserNetwork, browserStore, memoryStore, systemClock, uuid, type Clock, type KeyValueStore, type Network, type TabLocks } from './env.ts';
export * from './frames.ts';
export * from './types.ts';
