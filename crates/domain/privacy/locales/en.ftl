privacy-person_not_found = This person was not found.
