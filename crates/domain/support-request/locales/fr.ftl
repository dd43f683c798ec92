support_request-not_found = Cette demande n’existe pas, ou ne vous est pas ouverte.
support_request-customer_not_found = Cette personne est introuvable.
support_request-illegal_transition = Cette action n’est pas possible dans l’état actuel de la demande.
support_request-stale = Cette demande a changé entre-temps. Veuillez la relire avant d’agir.
support_request-appointment_taken = Ce rendez-vous a déjà sa demande.
