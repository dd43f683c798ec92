chat-conversation_not_found = Cette conversation n’existe pas, ou ne vous est pas ouverte.
chat-message_not_found = Ce message n’existe pas dans cette conversation.
chat-message_deleted = Ce message a été supprimé.
chat-edit_window_over = Ce message ne peut plus être modifié : il a été envoyé il y a plus de 24 heures.
closed = Cette demande est close. Vous pouvez en ouvrir une nouvelle à sa suite.
merged = Cette demande a été réunie à une autre. Écrivez dans la demande { $into }.
idempotency_mismatch = Cet identifiant a déjà servi pour un autre contenu.
overloaded = Trop de messages arrivent en ce moment. Réessayez dans un instant.
