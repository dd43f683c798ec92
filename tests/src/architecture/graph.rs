use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::BTreeMap;
use std::path::Path;

/// Where a crate stands; told by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// `crates/kernel`.
    Kernel,
    /// `crates/domain/*`.
    Domain,
    /// `crates/wire`, the shapes that REST and realtime share.
    Wire,
    /// `crates/realtime`.
    Realtime,
    /// `crates/adapters/*`.
    Adapter,
    /// `crates/server`, which wires the parts.
    Server,
    /// `migrations`, the schema.
    Migrations,
    /// `tests`, `tests/load`, `xtask`: outside of what is delivered.
    Outside,
}

impl Layer {
    fn of(folder: &Path) -> Result<Self> {
        let mut words = folder.iter().filter_map(|word| word.to_str());
        Ok(match (words.next(), words.next()) {
            (Some("crates"), Some("kernel")) => Self::Kernel,
            (Some("crates"), Some("domain")) => Self::Domain,
            (Some("crates"), Some("wire")) => Self::Wire,
            (Some("crates"), Some("realtime")) => Self::Realtime,
            (Some("crates"), Some("adapters")) => Self::Adapter,
            (Some("crates"), Some("server")) => Self::Server,
            (Some("migrations"), None) => Self::Migrations,
            (Some("tests" | "xtask"), _) => Self::Outside,
            _ => bail!("{} is no place for a crate: see the map in the README", folder.display()),
        })
    }
}

/// One line of a crate's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The name of the package, also where the manifest renames it.
    pub name: String,
    /// Whether only the crate's own tests have it.
    pub for_tests: bool,
}

/// One crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The package's name.
    pub name: String,
    /// Where it stands.
    pub layer: Layer,
    /// What its manifest names, of the workspace and of others.
    pub dependencies: Vec<Dependency>,
    /// Whether a README stands beside the manifest.
    pub has_readme: bool,
    /// Whether the manifest takes the workspace's lints.
    pub takes_lints: bool,
}

/// All crates of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// In cargo's order.
    pub packages: Vec<Package>,
}

impl Graph {
    /// The workspace in `root` as cargo sees it.
    ///
    /// # Errors
    /// A manifest cannot be read, or a crate stands where none belongs.
    pub fn read(root: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
        let packages = metadata.packages.iter().map(|package| {
            let manifest = package.manifest_path.as_std_path();
            let folder = manifest.parent().context("a manifest without a folder")?;
            let text = std::fs::read_to_string(manifest)?;
            let value: toml::Table = text.parse().with_context(|| format!("cannot read {}", manifest.display()))?;
            Ok(Package {
                name: package.name.to_string(),
                layer: Layer::of(folder.strip_prefix(root)?)?,
                dependencies: package
                    .dependencies
                    .iter()
                    .map(|one| Dependency {
                        name: one.name.clone(),
                        for_tests: one.kind == DependencyKind::Development,
                    })
                    .collect(),
                has_readme: folder.join("README.md").is_file(),
                takes_lints: value.get("lints").and_then(|lints| lints.get("workspace")) == Some(&true.into()),
            })
        });
        Ok(Self { packages: packages.collect::<Result<_>>()? })
    }

    /// The crate of that name, when it is one of the workspace's.
    pub fn find(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

/// Which crates may name a technology in their manifests, as `.deny.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Technologies(pub BTreeMap<String, Vec<String>>);

impl Technologies {
    /// The `wrappers` of `[bans] deny`.
    ///
    /// # Errors
    /// The file cannot be read, or has another form.
    pub fn read(deny: &Path) -> Result<Self> {
        let value: toml::Table = std::fs::read_to_string(deny)?.parse()?;
        let bans = value.get("bans").and_then(|bans| bans.get("deny")).and_then(toml::Value::as_array);
        let mut found = BTreeMap::new();
        for ban in bans.context("no [bans] deny")? {
            let name = ban.get("crate").and_then(toml::Value::as_str).context("a ban without `crate`")?;
            let wrappers = ban.get("wrappers").and_then(toml::Value::as_array).into_iter().flatten();
            found.insert(name.to_owned(), wrappers.filter_map(toml::Value::as_str).map(str::to_owned).collect());
        }
        Ok(Self(found))
    }
}
