//! What is wrong with one field.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One wrong field of a refused call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// The field's name, dotted where nested; `body` for the whole.
    #[schema(example = "subject")]
    pub field: String,
    /// A stable code.
    #[schema(example = "too_short")]
    pub code: String,
    /// A sentence in the caller's language.
    #[schema(example = "Ce texte est trop court.")]
    pub message: String,
}
