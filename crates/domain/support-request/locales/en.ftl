support_request-not_found = This request does not exist, or is not open to you.
support_request-customer_not_found = This person was not found.
support_request-illegal_transition = This is not possible in the request’s present state.
support_request-stale = This request has changed in the meantime. Please look at it again before you act.
support_request-appointment_taken = This appointment already has its request.
