//! `guichet jobs`: what the scheduled tasks did last, and one of them by hand.

use std::{fmt, time::Duration};

use serde_json::{Value, json};
use store_seaorm::{JobRun, RunOutcome};

use super::{
    clock,
    tasks::{self, Task},
};
use crate::{config::Config, wire::Parts};

/// There is no task of this name.
#[derive(Debug)]
pub(crate) struct UnknownTask {
    name: String,
    known: Vec<&'static str>,
}

impl std::error::Error for UnknownTask {}

impl fmt::Display for UnknownTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no task {}; there are: {}", self.name, self.known.join(", "))
    }
}

/// Prints every task, how often it runs and what its last run did.
///
/// # Errors
/// When the database cannot be used.
#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
pub(crate) async fn list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let parts = Parts::assemble(config).await?;
    let (tasks, runs) = (tasks::all(&parts), parts.store.last_runs().await?);
    let last = |task: &Task| runs.iter().find(|run| run.name == task.name);
    if as_json {
        let items: Vec<_> = tasks.iter().map(|task| as_value(task, last(task))).collect();
        println!("{}", serde_json::to_string_pretty(&json!({ "items": items }))?);
    } else {
        let header = ["NAME", "EVERY", "LAST RUN", "NODE", "DID"].map(str::to_owned);
        let rows: Vec<_> = [header].into_iter().chain(tasks.iter().map(|task| row(task, last(task)))).collect();
        print!("{}", table(&rows));
    }
    parts.store.close().await;
    Ok(())
}

/// Runs one task now, beside those of the clock, and prints what it did.
///
/// # Errors
/// [`UnknownTask`]; what the task failed with; when the database cannot be used.
#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
pub(crate) async fn run(config: &Config, name: &str, as_json: bool) -> anyhow::Result<()> {
    let parts = Parts::assemble(config).await?;
    let tasks = tasks::all(&parts);
    let Some(task) = tasks.iter().find(|task| task.name == name) else {
        let known = tasks.iter().map(|task| task.name).collect();
        return Err(UnknownTask { name: name.to_owned(), known }.into());
    };
    let begun = parts.store.begin_run(task.name, "by hand").await?;
    let did = clock::carry_out(&parts.store, &begun, task).await;
    parts.store.close().await;
    let did = did?;
    if as_json {
        println!("{}", json!({ "name": name, "count": did.count, "said": did.said }));
    } else {
        println!("{name}: {}", did.said);
    }
    Ok(())
}

fn as_value(task: &Task, last: Option<&JobRun>) -> Value {
    let last = last.map(|run| {
        json!({
            "node": run.node,
            "started_at": run.claimed_at,
            "finished_at": run.finished_at,
            "outcome": how(run),
            "count": run.count,
            "said": run.said,
        })
    });
    json!({ "name": task.name, "every_s": task.every.as_secs_f64(), "last_run": last })
}

fn row(task: &Task, last: Option<&JobRun>) -> [String; 5] {
    let (at, node, did) = match last {
        None => ("never".to_owned(), String::new(), String::new()),
        Some(run) => {
            let said = run.said.as_deref().unwrap_or_default();
            let did = match how(run) {
                "done" => said.to_owned(),
                other => format!("{other} {said}").trim_end().to_owned(),
            };
            // To the second is enough for people.
            let at: String = run.claimed_at.to_string().chars().take(19).collect();
            (format!("{at}Z"), run.node.clone(), did)
        }
    };
    [task.name.to_owned(), period(task.every), at, node, did]
}

fn how(run: &JobRun) -> &'static str {
    match run.outcome {
        Some(RunOutcome::Done) => "done",
        Some(RunOutcome::Failed) => "failed:",
        None => "running",
    }
}

fn period(every: Duration) -> String {
    match every.as_secs() {
        86_400 => "day".to_owned(),
        3_600 => "hour".to_owned(),
        60 => "minute".to_owned(),
        _ => format!("{every:?}"),
    }
}

/// Columns as wide as their widest cell.
fn table(rows: &[[String; 5]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [0, 1, 2, 3].map(width);
    let mut text = String::new();
    for row in rows {
        let line: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text += format!("{}  {}", line.join("  "), row[4]).trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let row = |cells: [&str; 5]| cells.map(str::to_owned);
        let text =
            table(&[row(["NAME", "EVERY", "LAST RUN", "NODE", "DID"]), row(["sla-watch", "minute", "never", "", ""])]);
        assert_eq!(text, "NAME       EVERY   LAST RUN  NODE  DID\nsla-watch  minute  never\n");
    }

    #[test]
    fn an_unknown_task_is_told_with_those_there_are() {
        let error = UnknownTask { name: "clean".to_owned(), known: vec!["sla-watch", "archive"] };
        assert_eq!(error.to_string(), "there is no task clean; there are: sla-watch, archive");
    }
}
