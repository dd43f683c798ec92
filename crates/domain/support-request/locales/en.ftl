support_request-not_found = This request does not exist, or is not open to you.
support_request-illegal_transition = This is not possible in the request’s present state.
support_request-stale = This request has changed in the meantime. Please look at it again before you act.
support_request-appointment_taken = This appointment already has its request.
support_request-other_requester = Only requests of the same person can be merged.
support_request-rating_window_over = This rating was given more than 7 days ago and can no longer be changed.
