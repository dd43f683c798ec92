privacy-person_not_found = Cette personne est introuvable.
