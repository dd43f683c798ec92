chat-conversation_not_found = Cette conversation n’existe pas, ou ne vous est pas ouverte.
chat-message_not_found = Ce message n’existe pas dans cette conversation.
chat-no_active_session = Aucune discussion n’est en cours dans cette conversation.
closed = Cette demande est close. Vous pouvez en ouvrir une nouvelle à sa suite.
merged = Cette demande a été réunie à une autre. Écrivez dans la demande { $into }.
idempotency_mismatch = Cet identifiant a déjà servi pour un autre contenu.
overloaded = Trop de messages arrivent en ce moment. Réessayez dans un instant.
