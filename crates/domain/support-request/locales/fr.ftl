support_request-not_found = Cette demande n’existe pas, ou ne vous est pas ouverte.
support_request-illegal_transition = Cette action n’est pas possible dans l’état actuel de la demande.
support_request-stale = Cette demande a changé entre-temps. Veuillez la relire avant d’agir.
support_request-appointment_taken = Ce rendez-vous a déjà sa demande.
support_request-other_requester = Seules des demandes de la même personne peuvent être fusionnées.
support_request-rating_window_over = Cet avis a été donné il y a plus de 7 jours et ne peut plus être modifié.
