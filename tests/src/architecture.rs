//! The dependency rules of the workspace, as pure functions over a graph, so that each can be shown to bite.

mod graph;
mod rules;

pub use graph::{Dependency, Graph, Layer, Package, Technologies};
pub use rules::{RULES, Rule, technologies_stay_in_their_adapter};
