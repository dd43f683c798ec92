chat-conversation_not_found = This conversation does not exist, or is not open to you.
chat-message_not_found = This message does not exist in this conversation.
chat-no_active_session = This conversation has no live chat to end.
closed = This request is closed. You can open a new one that follows it.
merged = This request was merged into another. Please write in request { $into }.
idempotency_mismatch = This identifier was already used for another content.
overloaded = Too many messages are arriving right now. Please try again in a moment.
