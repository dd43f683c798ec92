realtime-malformed = This protocol message cannot be read.
realtime-unknown_type = This type of message does not exist in this protocol.
realtime-not_supported = This cannot be done over this connection.
realtime-already_authenticated = This connection belongs to another person.
realtime-not_subscribed = Please subscribe to this conversation first.
realtime-too_many_subscriptions = This connection follows too many conversations already.
realtime-too_many_views = This connection looks at too many requests already.
prior_failed = An earlier message has not gone out yet. Please send that one first.
