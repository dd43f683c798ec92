realtime-malformed = Ce message du protocole n’est pas lisible.
realtime-unknown_type = Ce type de message n’existe pas dans ce protocole.
realtime-not_supported = Cette action n’est pas possible par cette connexion.
realtime-already_authenticated = Cette connexion appartient à une autre personne.
realtime-not_subscribed = Abonnez-vous d’abord à cette conversation.
realtime-too_many_subscriptions = Cette connexion suit déjà trop de conversations.
realtime-too_many_views = Cette connexion consulte déjà trop de demandes.
prior_failed = Un message précédent n’est pas encore parti. Renvoyez-le d’abord.
