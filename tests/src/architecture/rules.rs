use super::{Dependency, Graph, Layer, Package, Technologies};

/// Says what is wrong, a sentence each; nothing when all is well.
pub type Rule = fn(&Graph) -> Vec<String>;

/// Every rule that needs the graph only, with its name.
pub const RULES: [(&str, Rule); 8] = [
    ("the kernel depends on no workspace crate", kernel_stands_alone),
    ("a domain depends on the kernel and a few plain crates", domains_are_pure),
    ("the wire shapes depend on the kernel, domains and a few plain crates", wire_is_pure),
    ("realtime depends on the kernel, domains, the wire shapes and a few plain crates", realtime_is_pure),
    ("an adapter never depends on an adapter", adapters_do_not_know_each_other),
    ("only the server and the outside depend on an adapter", adapters_are_known_by_the_server_only),
    ("only the outside depends on the server", nothing_depends_on_the_server),
    ("every crate has a README and takes the workspace's lints", crates_are_documented_and_linted),
];

/// What the server wires and what must not know it.
const INSIDE: [Layer; 6] =
    [Layer::Kernel, Layer::Domain, Layer::Wire, Layer::Realtime, Layer::Adapter, Layer::Migrations];
const KERNEL_MAY: [&str; 6] = ["async-trait", "serde", "serde_json", "thiserror", "time", "uuid"];
/// `uuid` as the value that the kernel's ids show; making one is refused by the lints.
const DOMAIN_MAY: [&str; 8] =
    ["async-trait", "jiff", "serde", "serde_json", "thiserror", "tracing", "uuid", "validator"];
const WIRE_MAY: [&str; 5] = ["serde", "serde_json", "time", "utoipa", "uuid"];
const REALTIME_MAY: [&str; 5] = ["bytes", "serde", "serde_json", "thiserror", "tracing"];
/// Tests of pure crates may drive futures and make up values; nothing that reaches outside.
const PURE_TESTS_MAY: [&str; 6] = ["futures-util", "insta", "proptest", "serde_json", "tokio", "uuid"];

fn kernel_stands_alone(graph: &Graph) -> Vec<String> {
    check(graph, Layer::Kernel, |target, dependency| {
        target.is_none() && (KERNEL_MAY.contains(&dependency.name.as_str()) || allowed_in_tests(dependency))
    })
}

fn domains_are_pure(graph: &Graph) -> Vec<String> {
    check(graph, Layer::Domain, |target, dependency| match target {
        Some(package) => package.layer == Layer::Kernel,
        None => DOMAIN_MAY.contains(&dependency.name.as_str()) || allowed_in_tests(dependency),
    })
}

fn wire_is_pure(graph: &Graph) -> Vec<String> {
    check(graph, Layer::Wire, |target, dependency| match target {
        Some(package) => matches!(package.layer, Layer::Kernel | Layer::Domain),
        None => WIRE_MAY.contains(&dependency.name.as_str()) || allowed_in_tests(dependency),
    })
}

fn realtime_is_pure(graph: &Graph) -> Vec<String> {
    check(graph, Layer::Realtime, |target, dependency| match target {
        Some(package) => matches!(package.layer, Layer::Kernel | Layer::Domain | Layer::Wire),
        None => REALTIME_MAY.contains(&dependency.name.as_str()) || allowed_in_tests(dependency),
    })
}

fn adapters_do_not_know_each_other(graph: &Graph) -> Vec<String> {
    check(graph, Layer::Adapter, |target, _| target.is_none_or(|package| package.layer != Layer::Adapter))
}

fn adapters_are_known_by_the_server_only(graph: &Graph) -> Vec<String> {
    let no_adapter =
        |target: Option<&Package>, _: &Dependency| target.is_none_or(|package| package.layer != Layer::Adapter);
    INSIDE.into_iter().flat_map(|layer| check(graph, layer, no_adapter)).collect()
}

fn nothing_depends_on_the_server(graph: &Graph) -> Vec<String> {
    let no_server =
        |target: Option<&Package>, _: &Dependency| target.is_none_or(|package| package.layer != Layer::Server);
    INSIDE.into_iter().flat_map(|layer| check(graph, layer, no_server)).collect()
}

fn crates_are_documented_and_linted(graph: &Graph) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in &graph.packages {
        if !package.has_readme {
            wrong.push(format!("{} has no README.md", package.name));
        }
        if !package.takes_lints {
            wrong.push(format!("{} does not say `[lints] workspace = true`", package.name));
        }
    }
    wrong
}

/// A technology is a direct dependency of the crates that `.deny.toml` names, and of no other.
pub fn technologies_stay_in_their_adapter(graph: &Graph, technologies: &Technologies) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in &graph.packages {
        for dependency in &package.dependencies {
            let Some(wrappers) = technologies.0.get(&dependency.name) else { continue };
            if !wrappers.contains(&package.name) {
                wrong.push(format!("{} may not depend on {}", package.name, dependency.name));
            }
        }
    }
    wrong
}

fn check(graph: &Graph, layer: Layer, allowed: impl Fn(Option<&Package>, &Dependency) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in graph.packages.iter().filter(|package| package.layer == layer) {
        // A crate may name itself, which is how its tests switch its feature `testing` on.
        for dependency in package.dependencies.iter().filter(|dependency| dependency.name != package.name) {
            if !allowed(graph.find(&dependency.name), dependency) {
                wrong.push(format!("{} may not depend on {}", package.name, dependency.name));
            }
        }
    }
    wrong
}

fn allowed_in_tests(dependency: &Dependency) -> bool {
    dependency.for_tests && PURE_TESTS_MAY.contains(&dependency.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small workspace in which every rule holds.
    fn sound() -> Graph {
        Graph {
            packages: vec![
                package("kernel", Layer::Kernel, &["serde"]),
                package("chat", Layer::Domain, &["kernel", "thiserror"]),
                package("identity", Layer::Domain, &["kernel"]),
                package("wire", Layer::Wire, &["kernel", "chat", "serde", "utoipa"]),
                package("realtime", Layer::Realtime, &["kernel", "chat", "wire", "bytes"]),
                package("store-seaorm", Layer::Adapter, &["kernel", "chat", "sea-orm", "migrations"]),
                package("http-actix", Layer::Adapter, &["kernel", "chat", "actix-web"]),
                package("migrations", Layer::Migrations, &["sea-orm-migration"]),
                package("server", Layer::Server, &["chat", "store-seaorm", "http-actix"]),
                package("tests", Layer::Outside, &["server"]),
            ],
        }
    }

    fn package(name: &str, layer: Layer, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter().map(|name| on(name)).collect();
        Package { name: name.to_owned(), layer, dependencies, has_readme: true, takes_lints: true }
    }

    fn on(name: &str) -> Dependency {
        Dependency { name: name.to_owned(), for_tests: false }
    }

    /// What every rule says when `package` depends on `name` too.
    fn when(package: &str, name: &str) -> Vec<String> {
        let mut graph = sound();
        let package = graph.packages.iter_mut().find(|one| one.name == package).unwrap();
        package.dependencies.push(on(name));
        RULES.iter().flat_map(|(_, rule)| rule(&graph)).collect()
    }

    #[test]
    fn a_sound_workspace_breaks_no_rule() {
        for (name, rule) in RULES {
            assert_eq!(rule(&sound()), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn a_kernel_that_names_a_domain_or_a_technology_is_found() {
        assert_eq!(when("kernel", "chat"), ["kernel may not depend on chat"]);
        assert_eq!(when("kernel", "tokio"), ["kernel may not depend on tokio"]);
    }

    #[test]
    fn a_domain_that_names_a_domain_an_adapter_or_a_technology_is_found() {
        assert_eq!(when("chat", "identity"), ["chat may not depend on identity"]);
        assert_eq!(when("chat", "sea-orm"), ["chat may not depend on sea-orm"]);
        assert!(when("chat", "store-seaorm").contains(&"chat may not depend on store-seaorm".to_owned()));
    }

    #[test]
    fn tests_of_a_domain_may_run_futures_and_not_open_databases() {
        let mut graph = sound();
        let chat = &mut graph.packages[1];
        chat.dependencies.push(Dependency { for_tests: true, ..on("tokio") });
        assert_eq!(domains_are_pure(&graph), Vec::<String>::new());
        graph.packages[1].dependencies.push(Dependency { for_tests: true, ..on("sqlx") });
        assert_eq!(domains_are_pure(&graph), ["chat may not depend on sqlx"]);
    }

    #[test]
    fn wire_shapes_that_name_a_framework_are_found() {
        assert_eq!(when("wire", "actix-web"), ["wire may not depend on actix-web"]);
    }

    #[test]
    fn realtime_that_names_a_runtime_or_an_adapter_is_found() {
        assert_eq!(when("realtime", "tokio"), ["realtime may not depend on tokio"]);
        assert!(when("realtime", "http-actix").contains(&"realtime may not depend on http-actix".to_owned()));
    }

    #[test]
    fn an_adapter_that_names_an_adapter_is_found() {
        assert!(when("http-actix", "store-seaorm").contains(&"http-actix may not depend on store-seaorm".to_owned()));
    }

    #[test]
    fn migrations_that_name_an_adapter_or_the_server_are_found() {
        assert_eq!(when("migrations", "store-seaorm"), ["migrations may not depend on store-seaorm"]);
        assert_eq!(when("store-seaorm", "server"), ["store-seaorm may not depend on server"]);
    }

    #[test]
    fn a_crate_without_a_readme_or_the_lints_is_found() {
        let mut graph = sound();
        graph.packages[0].has_readme = false;
        graph.packages[1].takes_lints = false;
        let wrong = crates_are_documented_and_linted(&graph);
        assert_eq!(wrong, ["kernel has no README.md", "chat does not say `[lints] workspace = true`"]);
    }

    #[test]
    fn a_technology_outside_its_adapter_is_found() {
        let wrappers = [("sea-orm", vec!["store-seaorm"]), ("ring", vec![])];
        let wrappers = wrappers.map(|(name, of)| (name.to_owned(), of.into_iter().map(str::to_owned).collect()));
        let technologies = Technologies(wrappers.into_iter().collect());
        let mut graph = sound();
        assert_eq!(technologies_stay_in_their_adapter(&graph, &technologies), Vec::<String>::new());
        graph.packages[6].dependencies.push(on("sea-orm"));
        graph.packages[8].dependencies.push(on("ring"));
        let wrong = technologies_stay_in_their_adapter(&graph, &technologies);
        assert_eq!(wrong, ["http-actix may not depend on sea-orm", "server may not depend on ring"]);
    }
}
