//! Listeners, readiness, and an orderly end.

use std::{fs, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use anyhow::{Context, bail};
use http_actix::Mailbox;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::{api, config::Config, demo, jobs, letters, nodes::files, open_files, tls, wire::Parts};

/// How long connections are given to take their leave; all is over within 20 s of the signal.
const DRAIN: Duration = Duration::from_secs(10);
/// How long the database is given at the very end.
const CLOSE: Duration = Duration::from_secs(4);
/// How long a connection may be idle between two requests: longer than proxies keep theirs (60 s by most defaults),
/// so that it is they who close it, and never a request that meets the closing.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long requests that were accepted are given after that, in seconds.
const FINISH_S: u64 = 5;

/// Serves until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// A sentence for whoever started it, when it cannot start.
pub(crate) async fn run(config: Config, demonstration: bool) -> anyhow::Result<()> {
    let started = std::time::Instant::now();
    let metrics = PrometheusBuilder::new().install_recorder().context("metrics cannot be recorded")?;
    let parts = Parts::assemble(&config).await?;
    if demonstration {
        demo::seed(&parts).await.context("the sample data cannot be stored")?;
    }
    if !config.limits.enabled {
        tracing::warn!("rate budgets are switched off (limits.enabled = false)");
    }
    open_files::allow_all();
    let listener = std::net::TcpListener::bind(config.listen)
        .with_context(|| format!("{} cannot be listened on", config.listen))?;
    ws_actix::give_up_unread(&listener, ws_actix::UNREAD_WITHIN)
        .and_then(|()| ws_actix::limit_unsent(&listener))
        .context("the listening socket cannot be set up")?;
    let address = listener.local_addr()?;
    let base = base_url(&config, address)?;

    let mails = letters::mails(&config, &base);
    let mailbox = demonstration.then(|| Arc::new(letters::DevMailbox(Arc::clone(&mails))) as Arc<dyn Mailbox>);
    let api = api::build(&config, &parts, &base, &metrics, mailbox);
    let realtime = api::realtime(&parts, &base);
    let mut server = {
        let realtime = Arc::clone(&realtime);
        HttpServer::new(move || {
            let realtime = Arc::clone(&realtime);
            http_actix::app(api.clone(), move |routes| realtime.configure(routes))
        })
    }
    .disable_signals()
    .keep_alive(KEEP_ALIVE)
    // A small frame right after another would else wait for the client's acknowledgement, 40 ms by most systems.
    .tcp_nodelay(true)
    .shutdown_timeout(FINISH_S);
    if let Some(workers) = config.workers {
        server = server.workers(workers);
    }
    let server = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => server.listen_rustls_0_23(listener, tls::configure(cert.clone(), key.clone())?)?,
        _ => server.listen(listener)?,
    }
    .run();
    let side = serve_metrics(&config, metrics)?;
    let mut jobs = jobs::start(&parts, &letters::dispatch(&parts, mails));

    announce(&config.data_dir, &base, demonstration)?;
    tracing::info!(address = %address, url = %base, ms = started.elapsed().as_millis(), "listening");
    let handle = server.handle();
    let (nodes, hub) = (parts.nodes.clone(), Arc::clone(&parts.hub));
    let ending = tokio::spawn(async move {
        let failed = tokio::select! {
            asked = asked_to_stop() => {
                asked?;
                None
            }
            refused = files::refused(&hub) => {
                tracing::error!("{refused:#}");
                Some(refused.to_string())
            }
            // None of them ends by itself. Without one, revocations or repairs would stop acting, unseen: better to
            // end in order and be started anew by whatever keeps this process alive.
            ended = jobs.join_next() => {
                tracing::error!(?ended, "a task that the server needs has ended");
                Some("a task that the server needs has ended; the log says which".to_owned())
            }
        };
        tracing::info!("stopping: connections are told to come back elsewhere");
        realtime.drain(DRAIN).await;
        handle.stop(true).await;
        if let Some(nodes) = nodes {
            nodes.part(&hub).await;
        }
        if let Some(side) = side {
            side.stop(false).await;
        }
        io::Result::Ok((jobs, failed))
    });
    server.await.context("the server ended")?;
    let (jobs, failed) = ending.await??;
    drop(jobs);
    if tokio::time::timeout(CLOSE, parts.store.close()).await.is_err() {
        tracing::warn!("the database did not let go in time; what it was asked last may or may not be stored");
    }
    tracing::info!("stopped");
    failed.map_or(Ok(()), |why| bail!(why))
}

/// The address under which browsers reach this server.
fn base_url(config: &Config, address: SocketAddr) -> anyhow::Result<Url> {
    if let Some(url) = &config.public_url {
        return Ok(url.clone());
    }
    let scheme = if config.tls_cert.is_some() { "https" } else { "http" };
    Url::parse(&format!("{scheme}://{address}")).context("the listening address makes no URL")
}

/// `/metrics` on a listener of its own.
fn serve_metrics(config: &Config, metrics: PrometheusHandle) -> anyhow::Result<Option<ServerHandle>> {
    let Some(address) = config.metrics_listen else { return Ok(None) };
    let server = HttpServer::new(move || {
        let metrics = metrics.clone();
        App::new().route("/metrics", web::get().to(move || std::future::ready(metrics.render())))
    })
    .workers(1)
    .disable_signals()
    .bind(address)
    .with_context(|| format!("{address} cannot be listened on for metrics"))?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(Some(handle))
}

/// Tells where to look: a person by standard output, a program by the file `listen` in the data folder.
#[expect(clippy::print_stdout, reason = "whoever started it wants to know where to look")]
fn announce(data_dir: &Path, base: &Url, demonstration: bool) -> anyhow::Result<()> {
    let url = base.as_str().trim_end_matches('/');
    fs::write(data_dir.join("listen"), url)?;
    println!("guichet is listening on {url}");
    if demonstration {
        println!();
        println!("  Shop with the widget   {url}/");
        println!("  Agent console          {url}/console/");
        println!("  Mails                  {url}/dev/mailbox");
        println!("  API                    {url}/api/docs");
        println!();
        println!("  Sign in as agent@demo.test (or supervisor@, admin@, agent2@, customer@)");
        println!("  with the password {}", demo::PASSWORD);
        println!();
    }
    Ok(())
}

async fn asked_to_stop() -> io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}
