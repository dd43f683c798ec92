//! The floor: a server that says the same frames by the framework's own WebSocket, and stores nothing, checks
//! nobody, keeps nothing for those who are away. It runs as a process of its own, so that its memory is its own.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use actix_ws::{Message, MessageStream, Session};
use anyhow::{Context, Result};
use bytestring::ByteString;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The process; it ends with this value.
pub(crate) struct Floor {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Floor {
    /// Starts it on that port, or on a free one with 0, and waits until it listens.
    pub(crate) fn start(port: u16) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--port", &port.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the floor does not start")?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().context("no output of the floor")?).read_line(&mut said)?;
        let port: u16 = said.trim().parse().context("the floor names no port")?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into() })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // Fails when it has ended already, which is well.
        let _ = self.kill();
    }
}

/// Serves until the process is killed; says the port on standard output.
pub(crate) async fn serve(port: u16) -> Result<()> {
    let rooms = web::Data::new(Rooms::default());
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!("{}", listener.local_addr()?.port());
    let app = move || App::new().app_data(rooms.clone()).route("/api/v1/realtime", web::get().to(realtime));
    Ok(HttpServer::new(app).listen(listener)?.run().await?)
}

#[derive(Default)]
struct Rooms(Mutex<HashMap<String, Room>>);

#[derive(Default)]
struct Room {
    seq: u64,
    members: Vec<Session>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Asked {
    Subscribe { conversation_id: String },
    Send { conversation_id: String, client_message_id: String, content: String },
}

async fn realtime(
    request: HttpRequest,
    body: web::Payload,
    rooms: web::Data<Rooms>,
) -> Result<HttpResponse, actix_web::Error> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    rt::spawn(talk(session, messages, rooms));
    Ok(response)
}

async fn talk(mut session: Session, mut messages: MessageStream, rooms: web::Data<Rooms>) {
    let mut going = session.text(json!({ "type": "welcome", "epoch": "floor" }).to_string()).await.is_ok();
    while going && let Some(Ok(message)) = messages.next().await {
        going = match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(asked) => answer(&mut session, &rooms, asked).await.is_ok(),
                Err(_) => false,
            },
            Message::Ping(payload) => session.pong(&payload).await.is_ok(),
            Message::Close(_) => false,
            _ => true,
        };
    }
    let _ = session.close(None).await;
}

async fn answer(session: &mut Session, rooms: &Rooms, asked: Asked) -> Result<(), actix_ws::Closed> {
    match asked {
        Asked::Subscribe { conversation_id } => {
            let seq = {
                let mut rooms = rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
                let room = rooms.entry(conversation_id.clone()).or_default();
                room.members.push(session.clone());
                room.seq
            };
            let subscribed = json!({
                "type": "subscribed", "conversation_id": conversation_id, "last_seq": seq, "participants": [],
            });
            session.text(subscribed.to_string()).await?;
            session.text(json!({ "type": "live", "conversation_id": conversation_id, "seq": seq }).to_string()).await
        }
        Asked::Send { conversation_id, client_message_id, content } => {
            let (seq, members) = {
                let mut rooms = rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
                let room = rooms.entry(conversation_id.clone()).or_default();
                room.seq += 1;
                (room.seq, room.members.clone())
            };
            let ack = json!({
                "type": "ack", "conversation_id": conversation_id, "client_message_id": client_message_id,
                "seq": seq, "duplicate": false,
            });
            let message = json!({
                "type": "message", "conversation_id": conversation_id, "seq": seq,
                "message": { "id": client_message_id, "seq": seq, "entry_seq": seq, "content": content },
            });
            let frame = ByteString::from(message.to_string());
            for mut member in members {
                // Who is gone hears nothing; the floor keeps no account of it.
                let _ = member.text(frame.clone()).await;
            }
            session.text(ack.to_string()).await
        }
    }
}
