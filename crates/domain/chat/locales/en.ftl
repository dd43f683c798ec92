chat-conversation_not_found = This conversation does not exist, or is not open to you.
chat-message_not_found = This message does not exist in this conversation.
chat-message_deleted = This message was deleted.
chat-edit_window_over = This message can no longer be edited: more than 24 hours have passed since it was sent.
closed = This request is closed. You can open a new one that follows it.
merged = This request was merged into another. Please write in request { $into }.
idempotency_mismatch = This identifier was already used for another content.
overloaded = Too many messages are arriving right now. Please try again in a moment.
