//! What people are called, and what they write.

use crate::chance::Chance;

pub(crate) const FIRST: &[&str] = &[
    "Camille",
    "Léa",
    "Hugo",
    "Inès",
    "Noé",
    "Zoé",
    "Jules",
    "Maëlle",
    "Adèle",
    "Théo",
    "Élodie",
    "François",
    "Amélie",
    "Nadia",
    "Karim",
    "Sofia",
    "Lucas",
    "Emma",
    "Oliver",
    "Amelia",
    "Harry",
    "Grace",
    "Jack",
    "Chloé",
    "Yanis",
    "Manon",
    "Gabriel",
    "Louise",
    "Arthur",
    "Juliette",
    "Paul",
    "Mathilde",
    "Samir",
    "Aurélie",
    "Benoît",
    "Claire",
    "Daniel",
    "Fatima",
    "Gaël",
    "Hélène",
];

pub(crate) const LAST: &[&str] = &[
    "Martin",
    "Bernard",
    "Dubois",
    "Thomas",
    "Robert",
    "Richard",
    "Petit",
    "Durand",
    "Leroy",
    "Moreau",
    "Simon",
    "Laurent",
    "Lefèvre",
    "Michel",
    "Garcia",
    "David",
    "Bertrand",
    "Roux",
    "Vincent",
    "Fournier",
    "Morel",
    "Girard",
    "André",
    "Mercier",
    "Dupont",
    "Lambert",
    "Bonnet",
    "François",
    "Martinez",
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Wilson",
    "Évrard",
    "Nguyen",
    "Benali",
    "Haddad",
    "Çelik",
    "O’Connor",
];

/// Categories with their weight and subjects, in French and in English.
pub(crate) const TOPICS: &[(&str, u64, &[&str], &[&str])] = &[
    (
        "delivery",
        28,
        &["Colis en retard", "Colis abîmé à l’arrivée", "Livreur introuvable", "Adresse de livraison à changer"],
        &["Parcel is late", "Parcel arrived damaged", "Courier never came", "Change of delivery address"],
    ),
    (
        "billing",
        18,
        &["Double prélèvement ce mois-ci", "Facture introuvable", "Remboursement toujours pas reçu"],
        &["Charged twice this month", "Invoice is missing", "Refund not received yet"],
    ),
    (
        "technical",
        18,
        &["Impossible de me connecter", "L’application se ferme toute seule", "Le code de vérification n’arrive pas"],
        &["Cannot sign in", "The app closes by itself", "The verification code does not arrive"],
    ),
    (
        "product",
        14,
        &["Pièce qui ne correspond pas au véhicule", "Article défectueux", "Notice de montage demandée"],
        &["Part does not fit the car", "Faulty item", "Fitting instructions wanted"],
    ),
    (
        "general",
        12,
        &["Question sur mon compte", "Horaires du magasin"],
        &["Question about my account", "Opening hours"],
    ),
    ("complaint", 6, &["Réponse insatisfaisante", "Troisième relance sans réponse"], &["Unhappy with the answer"]),
    ("suggestion", 4, &["Une idée pour le site", "Ajouter le retrait en point relais"], &["An idea for the site"]),
];

pub(crate) const TAGS: &[&str] =
    &["vip", "relance", "garantie", "pro", "export", "b2b", "fragile", "urgent-client", "remise", "litige"];

const CUSTOMER_FR: &[&str] = &[
    "Bonjour, je reviens vers vous au sujet de ma commande.",
    "Le suivi n’a pas bougé depuis trois jours.",
    "Pouvez-vous vérifier de votre côté, s’il vous plaît ?",
    "J’ai déjà essayé de redémarrer, sans succès.",
    "Je vous joins la référence : CMD-48213.",
    "Merci pour votre retour rapide.",
    "C’est assez gênant car j’en ai besoin avant samedi.",
    "D’accord, j’attends de vos nouvelles.",
    "Le montant débité ne correspond pas à la facture.",
    "Est-il possible d’être remboursé plutôt qu’échangé ?",
    "Oui.",
    "Toujours rien de mon côté.",
];

const CUSTOMER_EN: &[&str] = &[
    "Hello, I am writing about my last order.",
    "The tracking page has not moved for three days.",
    "Could you please check on your side?",
    "I already tried restarting it, without luck.",
    "The reference is CMD-48213.",
    "Thank you for the quick answer.",
    "I need it before Saturday, so this is a problem.",
    "All right, I will wait to hear from you.",
    "The amount charged is not the one on the invoice.",
    "Could I get a refund rather than a replacement?",
    "Yes.",
    "Still nothing here.",
];

const AGENT_FR: &[&str] = &[
    "Bonjour, merci pour votre message.",
    "Je regarde votre dossier et je reviens vers vous.",
    "Le transporteur annonce une livraison demain avant 18 h.",
    "Pourriez-vous m’envoyer une photo de l’article ?",
    "Le remboursement a été lancé ; comptez trois à cinq jours ouvrés.",
    "Je viens de vous renvoyer le lien de connexion.",
    "Nous vous prions de nous excuser pour ce désagrément.",
    "La pièce compatible porte la référence 7701-474.",
    "Avez-vous pu essayer depuis un autre navigateur ?",
    "Je reste à votre disposition.",
];

const AGENT_EN: &[&str] = &[
    "Hello, thank you for your message.",
    "I am looking into it and will come back to you.",
    "The courier expects to deliver tomorrow before 6 pm.",
    "Could you send me a picture of the item?",
    "The refund is on its way; please allow three to five working days.",
    "I have just sent you the sign-in link again.",
    "We are sorry for the trouble.",
    "The part that fits has the reference 7701-474.",
    "Could you try with another browser?",
    "I remain at your disposal.",
];

/// What somebody writes in one message: one sentence mostly, seldom ten.
pub(crate) fn message(chance: &mut Chance, french: bool, agent: bool) -> String {
    let of = match (french, agent) {
        (true, true) => AGENT_FR,
        (true, false) => CUSTOMER_FR,
        (false, true) => AGENT_EN,
        (false, false) => CUSTOMER_EN,
    };
    let mut text = (*chance.pick(of)).to_owned();
    for _ in 0..chance.spread(1).min(9) {
        text.push(' ');
        text.push_str(chance.pick::<&str>(of));
    }
    text
}

/// A description in full: some sentences.
pub(crate) fn description(chance: &mut Chance, french: bool) -> String {
    let of = if french { CUSTOMER_FR } else { CUSTOMER_EN };
    let sentences: Vec<&str> = (0..2 + chance.spread(3).min(20)).map(|_| *chance.pick(of)).collect();
    sentences.join(" ")
}
