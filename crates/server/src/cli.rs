//! The command line.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::bail;
use clap::{Parser, Subcommand};
use kernel::{Language, Role, Secret};

use crate::{
    config::Config,
    demo,
    jobs::{self, command::UnknownTask},
    log, serve,
    wire::Parts,
};

/// Guichet: support requests, live chat and the console to answer from.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, about)]
pub struct Arguments {
    /// The settings file; `guichet.toml` in the working folder is read when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, the realtime connections and the pages.
    Serve {
        /// Serve an organisation `demo` with sample data, on loopback, in a folder of its own.
        #[arg(long)]
        demo: bool,
        /// Bring the database schema up to date first.
        #[arg(long)]
        migrate: bool,
    },
    /// The database schema.
    #[command(subcommand)]
    Migrate(Migrate),
    /// The history that the places of messages belong to.
    #[command(subcommand)]
    Epoch(Epoch),
    /// What was erased at the request of people, or because its time was over.
    #[command(subcommand)]
    Erasures(Erasures),
    /// Print the OpenAPI document.
    Openapi,
    /// Print the AsyncAPI document.
    Asyncapi,
    /// People with an account.
    #[command(subcommand)]
    User(User),
    /// Organisations.
    #[command(subcommand)]
    Organization(Organization),
    /// Scheduled tasks.
    #[command(subcommand)]
    Jobs(Jobs),
}

#[derive(Debug, Subcommand)]
enum Jobs {
    /// Tell how often each runs, and what its last run did.
    List {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Run one now, beside its runs by the clock; `guichet jobs list` names them.
    Run {
        /// Which one.
        name: String,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Migrate {
    /// Bring it up to date.
    Up,
    /// Take the last step back.
    Down {
        /// How many steps.
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// Tell which steps were taken.
    Status,
}

#[derive(Debug, Subcommand)]
enum Epoch {
    /// Give every organisation a new one, after the database was restored or a standby was promoted: clients
    /// then start afresh with what is stored. Stop all nodes before.
    Renew,
}

#[derive(Debug, Subcommand)]
enum Erasures {
    /// Print the log of erasures, one JSON object a line: ids only. Keep it apart from the copies of the database.
    List,
    /// Erase again, after an older copy of the database was restored: all that its log names, and what comes on
    /// standard input in the form of `list`. Stop all nodes before.
    Repeat,
}

#[derive(Debug, Subcommand)]
enum User {
    /// Create one; the password is asked for, or read from the first line of standard input.
    Create {
        /// The organisation's slug; may be left out when there is only one.
        #[arg(long)]
        organization: Option<String>,
        /// The e-mail to sign in with.
        #[arg(long)]
        email: String,
        /// `customer`, `agent`, `supervisor` or `admin`.
        #[arg(long, default_value = "agent")]
        role: Role,
        /// As others see it.
        #[arg(long)]
        first_name: String,
        /// As others see it.
        #[arg(long)]
        last_name: String,
        /// `fr` or `en`.
        #[arg(long, default_value = "fr")]
        language: Language,
    },
}

#[derive(Debug, Subcommand)]
enum Organization {
    /// Create one.
    Create {
        /// The name that customers see.
        #[arg(long)]
        name: String,
        /// The short name in addresses and scripts: lower-case letters, digits, hyphens.
        #[arg(long)]
        slug: String,
        /// `fr` or `en`.
        #[arg(long, default_value = "fr")]
        language: Language,
        /// An IANA zone, for numbers and calendars.
        #[arg(long, default_value = "Europe/Paris")]
        time_zone: String,
        /// A site that shows the widget, e.g. `https://www.exemple.fr`; may be given several times.
        #[arg(long = "origin")]
        origins: Vec<String>,
    },
}

/// Runs a command; the exit code says whether it went well.
pub fn run(arguments: Arguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error.into()),
    };
    match runtime.block_on(dispatch(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

#[expect(clippy::print_stderr, reason = "a command tells what went wrong where the person looks")]
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("guichet: {error:#}");
    // As for what the command line itself does not know.
    if error.is::<UnknownTask>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn dispatch(arguments: Arguments) -> anyhow::Result<()> {
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Openapi => {
            print!("{}", http_actix::document_json()?);
            Ok(())
        }
        Command::Asyncapi => {
            print!("{}", http_actix::ASYNCAPI);
            Ok(())
        }
        Command::Serve { demo: false, migrate } => {
            let mut config = load(file)?;
            config.migrate |= migrate;
            serve::run(config, false).await
        }
        Command::Serve { demo: true, .. } => {
            let mut config = load(file)?;
            demo::confine(&mut config)?;
            serve::run(config, true).await
        }
        Command::Migrate(command) => migrate(&load(file)?, command).await,
        Command::Epoch(Epoch::Renew) => renew_epochs(&load(file)?).await,
        Command::Erasures(Erasures::List) => crate::erasures::list(&load(file)?).await,
        Command::Erasures(Erasures::Repeat) => crate::erasures::repeat(&load(file)?).await,
        Command::User(command) => create_user(&load(file)?, command).await,
        Command::Organization(command) => create_organization(&load(file)?, command).await,
        Command::Jobs(Jobs::List { json }) => jobs::command::list(&load(file)?, json).await,
        Command::Jobs(Jobs::Run { name, json }) => jobs::command::run(&load(file)?, &name, json).await,
    }
}

fn load(file: Option<&Path>) -> anyhow::Result<Config> {
    // Two providers could be linked in by dependencies; the choice is made once, here.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = Config::load(file)?;
    log::start(&config.log, config.log_format)?;
    Ok(config)
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn migrate(config: &Config, command: Migrate) -> anyhow::Result<()> {
    std::fs::create_dir_all(&config.data_dir)?;
    let url = config.database();
    match command {
        Migrate::Up => drop(store_seaorm::migrate_up(url.expose()).await?),
        Migrate::Down { steps } => drop(store_seaorm::migrate_down(url.expose(), steps).await?),
        Migrate::Status => {}
    }
    for step in store_seaorm::migrate_status(url.expose()).await? {
        println!("{}  {}", if step.applied { "done   " } else { "pending" }, step.name);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn renew_epochs(config: &Config) -> anyhow::Result<()> {
    let organizations = store_seaorm::renew_epochs(config.database().expose()).await?;
    println!("new epochs for {organizations} organisations; clients will start afresh");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn create_user(config: &Config, command: User) -> anyhow::Result<()> {
    let User::Create { organization, email, role, first_name, last_name, language } = command;
    let parts = Parts::assemble(config).await?;
    let meant = identity::OrganizationRef { given: organization, host: None };
    let organization = parts.identity.organization(&meant).await.map_err(|error| told(&parts, &error))?;
    let password = read_password()?;
    let new = identity::NewUser { email, password, first_name, last_name, phone: None, language: Some(language), role };
    let user = parts
        .identity
        .create_user(identity::Authority::Operator(organization.id), &new)
        .await
        .map_err(|error| told(&parts, &error))?;
    println!("{} {} created in {}", user.role, user.email.as_str(), organization.slug.as_str());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
async fn create_organization(config: &Config, command: Organization) -> anyhow::Result<()> {
    let Organization::Create { name, slug, language, time_zone, origins } = command;
    if jiff::tz::TimeZone::get(&time_zone).is_err() {
        bail!("{time_zone} is no IANA time zone, like Europe/Paris");
    }
    let parts = Parts::assemble(config).await?;
    let new =
        identity::NewOrganization { name, slug, allowed_origins: origins, language, time_zone, ticket_prefix: None };
    let made = parts.identity.create_organization(new).await.map_err(|error| told(&parts, &error))?;
    println!("organization {} created; its widget key is {}", made.slug.as_str(), made.widget_key.as_str());
    Ok(())
}

/// A refusal in words, with the fields that are wrong.
fn told(parts: &Parts, error: &dyn kernel::Refusal) -> anyhow::Error {
    let text = |code: &str| parts.texts.text(Language::En, code, &error.arguments()).unwrap_or_else(|| code.to_owned());
    let fields: Vec<_> = error
        .fields()
        .iter()
        .map(|field| format!("{}: {}", field.field, text(&format!("field.{}", field.code))))
        .collect();
    if fields.is_empty() { anyhow::anyhow!(text(error.code())) } else { anyhow::anyhow!(fields.join("; ")) }
}

#[expect(clippy::print_stderr, reason = "a command asks where the person looks")]
fn read_password() -> anyhow::Result<Secret> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprint!("Password (it will be shown): ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("a password is needed on the first line of standard input");
    }
    Ok(Secret::new(password))
}
