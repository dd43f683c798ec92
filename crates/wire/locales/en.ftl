# What any call may meet, whatever it is about.
invalid = Some fields need to be corrected.
malformed = This call cannot be read.
unauthenticated = Please sign in to go on.
forbidden = You are not allowed to do this.
not_found = This page or object does not exist.
method_not_allowed = This address does not know this operation.
unsupported_media_type = Please send this call as JSON, not compressed.
too_large = This call is larger than { $limit_kib } KiB.
stale = The object has changed in the meantime. Please read it again before changing it.
rate_limited = That was a little fast. Please try again in a moment.
unavailable = The service is not answering right now. Please try again in a moment.
busy = Somebody else changed this at the same moment. Please try again.
unknown = We do not know whether this went through. Please send it again: it will count once.
storage_full = There is no room left to store this. The technical team has to step in.
internal = An error on our side kept us from answering.
idempotency_key_invalid = The Idempotency-Key header takes one value of 1 to 255 visible ASCII characters; at least 16, hard to guess, where no account is used.
idempotency_running = This call is already being carried out. Please send it again in a moment.

# What may be wrong with a field.
field-required = This field is required.
field-too_short = This text is too short.
field-too_long = This text is too long.
field-too_many = There are too many items.
field-too_many_pixels = This picture has too many pixels: 40 million at most.
field-out_of_range = This number is too small or too large.
field-invalid = This value does not fit.
field-unknown = This value is not known here.

# Titles of problems, by sort.
title-malformed = Unreadable call
title-unauthenticated = Sign-in needed
title-forbidden = Access refused
title-not_found = Not found
title-method_not_allowed = Unknown operation here
title-conflict = Not possible in the present state
title-stale = Outdated version
title-too_large = Call too large
title-unsupported_media_type = Format not supported
title-invalid = Fields to correct
title-too_many = Too many calls
title-unavailable = Service not available for the moment
title-storage_full = No room left
title-internal = Internal error

# The subject of a conversation that was opened without one.
default_subject = Question from the site
