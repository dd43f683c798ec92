# Ce que toute demande peut rencontrer, quel que soit son objet.
invalid = Certains champs sont à corriger.
malformed = Cette demande est illisible.
unauthenticated = Connectez-vous pour continuer.
forbidden = Vous n’avez pas le droit de faire cela.
not_found = Cette page ou cet objet n’existe pas.
method_not_allowed = Cette adresse ne connaît pas cette opération.
unsupported_media_type = Envoyez cette demande en JSON, sans compression.
too_large = Cette demande dépasse { $limit_kib } Kio.
stale = L’objet a changé entre-temps. Relisez-le avant de le modifier.
rate_limited = Vous allez un peu vite. Réessayez dans un instant.
unavailable = Le service ne répond pas en ce moment. Réessayez dans un instant.
busy = Quelqu’un d’autre a modifié cela au même moment. Réessayez.
unknown = Nous ne savons pas si votre demande a abouti. Envoyez-la de nouveau : elle ne comptera qu’une fois.
storage_full = Il n’y a plus de place pour enregistrer. L’équipe technique doit intervenir.
internal = Une erreur de notre côté a empêché de répondre.
idempotency_key_invalid = L’en-tête Idempotency-Key attend une seule valeur de 1 à 255 caractères ASCII visibles ; sans compte, au moins 16, difficiles à deviner.
idempotency_running = Cette demande est déjà en cours. Renvoyez-la dans un instant.

# Ce qui peut manquer à un champ.
field-required = Ce champ est obligatoire.
field-too_short = Ce texte est trop court.
field-too_long = Ce texte est trop long.
field-too_many = Il y a trop d’éléments.
field-too_many_pixels = Cette image a trop de pixels : 40 millions au plus.
field-out_of_range = Ce nombre est trop petit ou trop grand.
field-invalid = Cette valeur ne convient pas.
field-unknown = Cette valeur n’est pas connue ici.

# Titres des problèmes, par sorte.
title-malformed = Demande illisible
title-unauthenticated = Connexion nécessaire
title-forbidden = Accès refusé
title-not_found = Introuvable
title-method_not_allowed = Opération inconnue ici
title-conflict = Impossible dans l’état actuel
title-stale = Version dépassée
title-too_large = Demande trop volumineuse
title-unsupported_media_type = Format non pris en charge
title-invalid = Champs à corriger
title-too_many = Trop de demandes
title-unavailable = Service momentanément indisponible
title-storage_full = Plus de place
title-internal = Erreur interne

# L’objet d’une conversation ouverte sans objet.
default_subject = Question depuis le site
